import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { readIssuersOf } from '../../../../src/daemon/api/issuers-of-mount.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const newKey = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const [usual, next, gone] = [newKey(), newKey(), newKey()]
const missing = new VaultError('VAULT_CA_MISSING', 'no CA', { status: 400 })
const away = new VaultError('VAULT_UNREACHABLE', 'away')

interface World {
  byDefault?: PublicKey | Error
  listed?: readonly PublicKey[] | Error
  /** Of each identity, who has signed what it holds. */
  signers?: Readonly<Record<string, PublicKey | undefined>>
}

async function read({ byDefault = usual, listed = [usual, next], signers = {} }: World, names?: readonly string[]) {
  const vault = {
    identities: Object.entries(signers).map(([name, signatureKey]) => ({
      config: { name, mount: name === 'elsewhere' ? 'other' : 'ssh' },
      key: { status: () => (signatureKey === undefined ? {} : { certificate: { signatureKey } }) },
    })),
    async readCaKey() {
      if (byDefault instanceof Error) throw byDefault
      return byDefault
    },
    async readCaKeys() {
      if (listed instanceof Error) throw listed
      return { keys: listed, issuers: [], missing: [] }
    },
  } as unknown as RunningVault
  const issuers = await readIssuersOf(vault, 'ssh', names, 'see the mounts')
  const nameOf = (key: PublicKey) => (key === usual ? 'usual' : 'next')
  return issuers.map(({ key, isSpare }) => `${nameOf(key)}${isSpare ? ', spare' : ''}`)
}

it.each<[string, World, string[], string[]?]>([
  ['without identities the default', {}, ['usual', 'next, spare']],
  ['the default for an identity without a certificate', { signers: { a: undefined } }, ['usual', 'next, spare']],
  ['whoever has signed, where a role names another', { signers: { a: next } }, ['usual, spare', 'next']],
  ['both where identities differ', { signers: { a: next, b: undefined } }, ['usual', 'next']],
  ['the default where the signer is gone', { signers: { a: gone } }, ['usual', 'next, spare']],
  ['for the named identities alone', { signers: { a: next, b: usual } }, ['usual, spare', 'next'], ['a']],
  ['for identities of this mount alone', { signers: { elsewhere: next } }, ['usual', 'next, spare']],
  ['all where nothing says which', { byDefault: missing, listed: [next] }, ['next']],
  ['the default alone where they cannot be listed', { listed: [usual] }, ['usual']],
  ['the default beside what is listed', { listed: [next] }, ['usual', 'next, spare']],
])('the CA in force is %s', async (_, world, expected, names) => {
  expect(await read(world, names)).toEqual(expected)
})

it('what cannot be read is not passed over', async () => {
  await expect(read({ byDefault: missing, listed: [] })).rejects.toBe(missing)
  await expect(read({ byDefault: away })).rejects.toBe(away)
  await expect(read({ listed: away })).rejects.toBe(away)
})
