import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import type { VaultClient } from '../../../../src/vault/client.ts'
import { readCaKeys, type WantedCaKeys } from '../../../../src/vault/ssh/ca-keys.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const newKey = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const [one, two, three] = [newKey(), newKey(), newKey()]

/** A mount with these issuers; a number is the status of a refusal. */
function mountWith(issuers: Readonly<Record<string, PublicKey | number>>) {
  const paths: string[] = []
  const client = {
    name: 'corp',
    async request({ path }: { path: string }) {
      paths.push(path)
      const [, name = 'default'] = /issuer\/([^/]+)/.exec(path) ?? []
      const found = issuers[name] ?? 400
      if (typeof found === 'number') throw new VaultError('VAULT_REFUSED', 'no', { status: found })
      return { text: formatPublicKeyLine(found.blob, '') }
    },
  } as unknown as VaultClient
  const read = (wanted: Partial<WantedCaKeys> = {}, listed?: readonly string[]) =>
    readCaKeys(client, async () => listed, 'ssh', { named: [], known: [], ...wanted })
  return { read, paths }
}

it('without a list it is the default, what is named, and what was listed before, each once', async () => {
  const { read, paths } = mountWith({ default: one, old: two, 'id-1': one, 'id-3': three })
  expect(await read({ named: ['old'], known: ['id-1', 'id-3'] })).toEqual({
    keys: [one, two, three],
    issuers: ['id-1', 'id-3'],
    missing: [],
  })
  expect(paths).toEqual(
    ['public_key', 'issuer/old/public_key', 'issuer/id-1/public_key', 'issuer/id-3/public_key'].map(
      (path) => `ssh/${path}`,
    ),
  )
})

it('a list replaces what was known before', async () => {
  const { read } = mountWith({ default: one, 'id-1': one, 'id-2': two, gone: three })
  expect(await read({ known: ['gone'] }, ['id-1', 'id-2'])).toEqual({
    keys: [one, two],
    issuers: ['id-1', 'id-2'],
    missing: [],
  })
})

it('an issuer that is gone is left out, and named where it was named', async () => {
  const { read } = mountWith({ default: one })
  const { keys, issuers, missing } = await read({ named: ['old'], known: ['id-1'] })
  expect({ keys, issuers }).toEqual({ keys: [one], issuers: [] })
  expect(missing).toMatchObject([{ code: 'VAULT_CA_MISSING', message: expect.stringContaining('no issuer old') }])
})

it('a mount may do without a default where it has others', async () => {
  const { read } = mountWith({ old: two })
  expect(await read({ named: ['old'] })).toMatchObject({ keys: [two], missing: [] })
})

it('a server that says that it has no CA any more leaves none, and says where to look', async () => {
  const { missing, keys } = await mountWith({}).read({ known: ['id-1'] })
  expect(keys).toEqual([])
  expect(missing).toMatchObject([
    { code: 'VAULT_CA_MISSING', hint: expect.stringContaining('[ssh.host_ca.…] section in config.toml') },
  ])
})

it.each([403, 500, 503])('a refusal with %i says nothing of the CA', async (status) => {
  await expect(mountWith({ default: status }).read()).rejects.toBeInstanceOf(VaultError)
  await expect(mountWith({ default: one, 'id-1': status }).read({ known: ['id-1'] })).rejects.toBeInstanceOf(VaultError)
})
