import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import type { VaultClient } from '../../../../src/vault/client.ts'
import { readCaKey } from '../../../../src/vault/ssh/ca-key.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const key = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const line = formatPublicKeyLine(key.blob, '')

function answering(text: string) {
  const paths: string[] = []
  const client = {
    name: 'corp',
    async request({ path, token }: { path: string; token?: unknown }) {
      expect(token).toBeUndefined()
      paths.push(path)
      return { text }
    },
  } as unknown as VaultClient
  return { client, paths }
}

it('the key of a mount and that of one of its issuers are read without a token', async () => {
  const { client, paths } = answering(`${line}\n`)
  expect(await readCaKey(client, 'ssh')).toEqual(key)
  expect(await readCaKey(client, 'ssh', 'old')).toEqual(key)
  expect(paths).toEqual(['ssh/public_key', 'ssh/issuer/old/public_key'])
})

it.each(['', '<html>', `${line}\n${line}\n`, line.slice(0, -8), `cert-authority ${line}`])(
  'an answer that is no key is refused: %j',
  async (text) => {
    const { client } = answering(text)
    const failed = readCaKey(client, 'ssh')
    await expect(failed).rejects.toBeInstanceOf(VaultError)
    await expect(failed).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  },
)

it.each([
  [403, 'ssh', undefined, 'vault corp: it has no SSH CA at ssh/', 'name another'],
  [400, 'ssh', undefined, 'vault corp: it has no SSH CA at ssh/', 'name another'],
  [
    404,
    'ssh',
    'old',
    'vault corp: it has no issuer old of an SSH CA at ssh/',
    'see its issuers with: vault list ssh/issuers',
  ],
])(
  'a refusal with %i is that there is no CA: nothing was done with a token',
  async (status, mount, issuer, message, hint) => {
    const request = async () => Promise.reject(new VaultError('VAULT_TOKEN_INVALID', 'log in', { status }))
    const client = { name: 'corp', request } as unknown as VaultClient
    const failed = readCaKey(client, mount, issuer, 'name another')
    await expect(failed).rejects.toMatchObject({ code: 'VAULT_CA_MISSING', message, hint })
  },
)

it.each([400, 403, 404])('what answers %i in the place of the server says nothing of a CA', async (status) => {
  const request = async () => Promise.reject(new VaultError('VAULT_BAD_RESPONSE', 'a page', { status }))
  const client = { name: 'corp', request } as unknown as VaultClient
  await expect(readCaKey(client, 'ssh')).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
})

it('a namespace that is not there is no mount without a CA', async () => {
  const request = async () => Promise.reject(new VaultError('VAULT_NAMESPACE', 'no such namespace', { status: 404 }))
  const client = { name: 'corp', request } as unknown as VaultClient
  await expect(readCaKey(client, 'ssh')).rejects.toMatchObject({ code: 'VAULT_NAMESPACE' })
})

it('a server that is away is no server without a CA', async () => {
  const request = async () => Promise.reject(new VaultError('VAULT_SEALED', 'sealed', { status: 503 }))
  const client = { name: 'corp', request } as unknown as VaultClient
  await expect(readCaKey(client, 'ssh')).rejects.toMatchObject({ code: 'VAULT_SEALED' })
})
