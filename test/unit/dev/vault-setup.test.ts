import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createVaultAdmin, setUpVault, type VaultAdmin, type VaultSetup } from '../../../src/dev/vault-setup.ts'
import { openTestVault } from '../../support/dev-vault.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function world(left?: VaultSetup) {
  const { vault, call } = await openTestVault()
  const folder = temporaryFolder()
  const setup = left ?? {
    userName: 'jo',
    secretIdFile: join(folder, 'secret-id'),
    caPublicKeyFile: join(folder, 'ca.pub'),
  }
  const admin = createVaultAdmin(vault.address, vault.rootToken)
  const logIn = async (roleId: string) => {
    const body = { role_id: roleId, secret_id: readFileSync(setup.secretIdFile, 'utf8').trim() }
    return (await call('POST', 'auth/approle/login', { body })).json.auth
  }
  return { admin, setup, logIn, call }
}

describe('the setting up of the embedded Vault', () => {
  it('is done once: a second start finds the same CA, role and secret id', async () => {
    const { admin, setup, logIn } = await world()
    const roleId = await setUpVault(admin, setup)
    const [ca, secretId] = [setup.caPublicKeyFile, setup.secretIdFile].map((file) => readFileSync(file, 'utf8'))
    expect(ca).toMatch(/^ssh-ed25519 \S+\n$/)
    expect(await logIn(roleId)).toMatchObject({ policies: ['default', 'ssh-dev'] })
    expect(await setUpVault(admin, setup)).toBe(roleId)
    expect(readFileSync(setup.caPublicKeyFile, 'utf8')).toBe(ca)
    expect(readFileSync(setup.secretIdFile, 'utf8')).toBe(secretId)
  })

  it('includes a CA that certifies this machine as a host, and no other, and whose key stays', async () => {
    const { admin, setup, logIn, call } = await world()
    const token = (await logIn(await setUpVault(admin, setup))).client_token
    const ca = await admin('GET', 'ssh-host/public_key')
    await setUpVault(admin, setup)
    expect(await admin('GET', 'ssh-host/public_key')).toBe(ca)
    expect(ca).not.toBe(await admin('GET', 'ssh/public_key'))
    const sign = (names: string) => {
      const body = { public_key: String(ca), cert_type: 'host', valid_principals: names }
      return call('POST', 'ssh-host/sign/host', { token, body })
    }
    expect((await sign('localhost,db.localhost,127.0.0.1')).status).toBe(200)
    expect((await sign('example.com')).status).toBe(400)
  })

  it('is done again for a server that knows nothing of it, whatever an earlier one has left', async () => {
    const { admin: earlier, setup } = await world()
    await setUpVault(earlier, setup)
    const { admin, logIn } = await world(setup)
    expect(await logIn(await setUpVault(admin, setup))).toMatchObject({ policies: ['default', 'ssh-dev'] })
  })

  it.each(Array.from({ length: 15 }, (_, index) => index + 1))(
    'that is ended after %i calls is finished by the next start',
    async (count) => {
      const { admin, setup, logIn } = await world()
      let calls = 0
      const dying: VaultAdmin = async (method, path, body) => {
        if (calls === count) throw new Error('ended')
        calls += 1
        return admin(method, path, body)
      }
      await expect(setUpVault(dying, setup)).rejects.toThrow('ended')
      expect(await logIn(await setUpVault(admin, setup))).toMatchObject({ policies: ['default', 'ssh-dev'] })
    },
  )
})
