import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { sshCaHandlers } from '../../../../src/daemon/api/ssh-ca-handlers.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { fingerprint, type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'

const [key, other] = [1, 2].map(() => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)) as [
  PublicKey,
  PublicKey,
]

function world(mountsOfIdentities: Readonly<Record<string, string>>) {
  const read: string[] = []
  const vault = {
    config: { name: 'corp' },
    identities: Object.entries(mountsOfIdentities).map(([name, mount]) => ({ config: { name, mount } })),
    async readCaKey(mount: string, issuer = 'default') {
      read.push(`${mount} ${issuer}`)
      return key
    },
    async readCaKeys() {
      return { keys: [key, other], issuers: [], missing: [] }
    },
  } as unknown as RunningVault
  const handlers = sshCaHandlers(
    () => [vault],
    () => vault,
  )
  type Call = Parameters<typeof handlers.readSshCas>[0]
  const ask = async (body: object) => (await handlers.readSshCas({ body } as Call)).cas
  return { ask, read }
}

it('the CA that all identities have needs no name', async () => {
  const { ask, read } = world({ one: 'ssh', two: 'ssh' })
  const told = {
    vault: 'corp',
    mount: 'ssh',
    key: formatPublicKeyLine(key.blob, ''),
    fingerprint: fingerprint(key.blob),
  }
  expect(await ask({})).toEqual([told])
  expect(read).toEqual(['ssh default'])
})

it('which of several CAs is meant is not guessed', async () => {
  const { ask } = world({ one: 'ssh', two: 'prod' })
  await expect(ask({})).rejects.toMatchObject({
    code: 'VAULT_NOT_NAMED',
    message: 'the identities have several CAs: corp/ssh, corp/prod',
    hint: 'name an identity, such as: latchkey ssh cloud-init --identity one',
  })
  expect(await ask({ identities: ['two'] })).toMatchObject([{ mount: 'prod' }])
  await expect(ask({ identities: ['three'] })).rejects.toMatchObject({ code: 'IDENTITY_UNKNOWN' })
})

it('mounts and issuers are read each once; without one it is the usual mount', async () => {
  const { ask, read } = world({})
  await ask({ mounts: ['a', 'a', 'b'], issuers: ['old', 'new'] })
  expect(read).toEqual(['a old', 'a new', 'b old', 'b new'])
  expect(await ask({ vault: 'corp' })).toMatchObject([{ mount: 'ssh' }])
  expect(await ask({})).toMatchObject([{ mount: 'ssh' }])
})

it('all issuers of a mount are told apart by which of them sign now', async () => {
  const { ask } = world({})
  expect(await ask({ vault: 'corp', everyIssuer: true })).toMatchObject([
    { fingerprint: fingerprint(key.blob) },
    { fingerprint: fingerprint(other.blob), isSpare: true },
  ])
})
