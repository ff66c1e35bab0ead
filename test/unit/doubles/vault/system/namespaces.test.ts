import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../../support/dev-vault.ts'

async function world() {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/namespaces/team')
  const within = (method: string, path: string, body?: object) =>
    vault.call(method, path, { token: vault.vault.rootToken, body, headers: { 'X-Vault-Namespace': '/team/' } })
  return { vault, within }
}

describe('a namespace of the double', () => {
  it('has mounts that the root has not, and the other way round', async () => {
    const { vault, within } = await world()
    await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
    await vault.admin('POST', 'ssh/roles/ops', { key_type: 'ca', allow_user_certificates: true })
    expect((await within('GET', 'ssh/roles/ops')).status).toBe(404)
    expect((await within('POST', 'sys/mounts/ssh', { type: 'ssh' })).status).toBe(204)
    expect((await within('POST', 'ssh/roles/own', { key_type: 'ca', allow_user_certificates: true })).status).toBe(204)
    const token = vault.vault.rootToken
    expect((await vault.call('GET', 'team/ssh/roles/own', { token })).status).toBe(200)
    expect((await vault.call('GET', 'ssh/roles/own', { token })).status).toBe(404)
  })

  it.each(['auth/userpass/login/jo', 'sys/policies/acl/x', 'identity/entity'])(
    'refuses what of it is not built: %s',
    async (path) => {
      const { within } = await world()
      const { status, json } = await within('POST', path, {})
      expect([status, json.errors[0]]).toEqual([400, expect.stringContaining('of a namespace is not built')])
    },
  )

  it('is listed, and read', async () => {
    const { vault } = await world()
    expect(await vault.admin('GET', 'sys/namespaces?list=true')).toEqual({ keys: ['team/'] })
    expect(await vault.admin('GET', 'sys/namespaces/team')).toMatchObject({ path: 'team/', locked: false })
  })
})
