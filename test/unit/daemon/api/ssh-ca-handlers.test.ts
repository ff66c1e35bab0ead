import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { sshCaHandlers } from '../../../../src/daemon/api/ssh-ca-handlers.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { fingerprint, type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const [key, other] = [1, 2].map(() => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)) as [
  PublicKey,
  PublicKey,
]

/** @param signer who has certified what the identities hold */
function world(mountsOfIdentities: Readonly<Record<string, string>>, signer?: PublicKey, away: readonly string[] = []) {
  const read: string[] = []
  const hints: string[] = []
  const held = signer === undefined ? {} : { certificate: { signatureKey: signer } }
  const vault = {
    config: { name: 'corp' },
    identities: Object.entries(mountsOfIdentities).map(([name, mount]) => ({
      config: { name, mount },
      key: { status: () => held },
    })),
    async readCaKey(mount: string, issuer = 'default', hint: string) {
      read.push(`${mount} ${issuer}`)
      hints.push(hint)
      if (away.includes(mount))
        throw new VaultError('VAULT_UNREACHABLE', `${mount} is away`, { hint: 'latchkey status' })
      return key
    },
    async readCaKeys(mount: string) {
      if (away.includes(mount)) throw new VaultError('VAULT_UNREACHABLE', `${mount} is away`)
      return { keys: [key, other], issuers: [], missing: [] }
    },
  } as unknown as RunningVault
  const handlers = sshCaHandlers(
    () => [vault],
    () => vault,
  )
  type Call = Parameters<typeof handlers.readSshCas>[0]
  const answer = (body: object) => handlers.readSshCas({ body } as Call)
  const ask = async (body: object) => (await answer(body)).cas
  return { ask, answer, read, hints }
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

it('of an identity, the issuer counts that has certified it, unless others are named', async () => {
  const { ask } = world({ one: 'ssh' }, other)
  for (const body of [{}, { identities: ['one'] }, { everyIdentity: true }])
    expect(await ask(body)).toMatchObject([{ fingerprint: fingerprint(other.blob) }])
  for (const body of [{ issuers: ['old'] }, { vault: 'corp' }])
    expect(await ask(body)).toMatchObject([{ fingerprint: fingerprint(key.blob) }])
})

it('all identities are those of however many there are', async () => {
  const mounts = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`i${index}`, `ssh${index}`]))
  expect(await world(mounts).ask({ everyIdentity: true })).toHaveLength(40)
  await expect(world({}).ask({ everyIdentity: true })).rejects.toMatchObject({
    code: 'IDENTITY_UNKNOWN',
    hint: expect.stringContaining('[ssh.identity.…]'),
  })
})

it.each([{}, { everyIssuer: true }, { issuers: ['old'] }])(
  'of all identities, the mounts that cannot be read do not hide the others: %o',
  async (more) => {
    const { answer } = world({ one: 'ssh', two: 'prod', three: 'dev' }, undefined, ['prod'])
    const { cas, unread } = await answer({ everyIdentity: true, ...more })
    expect(new Set(cas.map(({ mount }) => mount))).toEqual(new Set(['ssh', 'dev']))
    const error = { code: 'VAULT_UNREACHABLE', message: 'prod is away', hint: 'latchkey status' }
    expect(unread).toEqual([{ vault: 'corp', mount: 'prod', error }])
    await expect(answer({ identities: ['one', 'two'], ...more })).rejects.toThrow('prod is away')
    await expect(world({ one: 'ssh' }, undefined, ['ssh']).answer({ everyIdentity: true, ...more })).rejects.toThrow(
      'ssh is away',
    )
  },
)

it('where a mount has no CA, what is said is to be changed is what has named the mount', async () => {
  const { ask, hints } = world({ one: 'ssh', 'the second': 'prod' })
  await ask({ everyIdentity: true })
  await ask({ mounts: ['x'] })
  expect(hints).toEqual([
    'see the mounts with: vault secrets list, then edit mount of [ssh.identity.one] in config.toml',
    'see the mounts with: vault secrets list, then edit mount of [ssh.identity."the second"] in config.toml',
    'see the mounts with: vault secrets list, then name the one with the CA: latchkey ssh cloud-init --mount MOUNT',
  ])
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
