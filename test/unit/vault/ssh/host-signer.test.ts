import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { decodePublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { parsePublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import type { VaultClient } from '../../../../src/vault/client.ts'
import { type HostSigning, signHostKey } from '../../../../src/vault/ssh/host-signer.ts'
import type { TokenSource } from '../../../../src/vault/token/token-source.ts'
import { openTestVault } from '../../../support/dev-vault.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { testClient } from '../../../support/vault-world.ts'

const publicKey = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)

async function world(role: object = {}) {
  const { vault, admin, nowMs, call } = await openTestVault()
  await admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  await admin('POST', 'ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  await admin('POST', 'ssh/roles/host', {
    key_type: 'ca',
    allow_host_certificates: true,
    allowed_domains: 'corp.example',
    allow_subdomains: true,
    ttl: '1h',
    max_ttl: '2h',
    ...role,
  })
  const client = testClient(vault.address, { clock: fakeClock(nowMs()) })
  const access = { token: new Secret(vault.rootToken) }
  const tokens: Pick<TokenSource, 'withAccess'> = { withAccess: async (use) => await use(access) }
  const sign = (more: Partial<HostSigning> = {}, by: VaultClient = client) =>
    signHostKey(by, tokens, publicKey, { mount: 'ssh', role: 'host', principals: ['db.corp.example'], ...more }, nowMs)
  return { sign, admin, call, client, nowMs }
}

it('certifies a key for the names of a host, for as long as is asked', async () => {
  const { sign, nowMs } = await world()
  const certificate = await sign({ principals: ['db.corp.example', 'www.corp.example'], ttlSeconds: 600 })
  expect(certificate).toMatchObject({
    certificateType: 'host',
    principals: ['db.corp.example', 'www.corp.example'],
    validBefore: BigInt(nowMs() / 1000 + 600),
    publicKey,
  })
  expect((await sign()).validBefore).toBe(BigInt(nowMs() / 1000 + 3600))
})

it('takes the CA of another issuer of the mount, where the role says so', async () => {
  const { sign, admin, call } = await world()
  await admin('POST', 'ssh/issuers/import/second', { generate_signing_key: true, key_type: 'ed25519' })
  await admin('POST', 'ssh/roles/host', {
    key_type: 'ca',
    allow_host_certificates: true,
    allowed_domains: '*',
    issuer_ref: 'second',
  })
  const second = (await call('GET', 'ssh/issuer/second/public_key')).text
  expect((await sign()).signatureKey).toEqual(decodePublicKey(parsePublicKeyLine(second).blob))
})

it('takes an issuer of a mount that has no default', async () => {
  const { sign, admin, client } = await world()
  await admin('POST', 'ssh/issuers/import/second', { generate_signing_key: true, key_type: 'ed25519' })
  const second = { allow_host_certificates: true, allowed_domains: '*', issuer_ref: 'second' }
  await admin('POST', 'ssh/roles/host', { key_type: 'ca', ...second })
  const { default: id } = await admin('GET', 'ssh/config/issuers')
  await admin('DELETE', `ssh/issuer/${String(id)}`)
  expect(await sign()).toMatchObject({ certificateType: 'host' })
  const without = {
    ...client,
    request: async (...args: Parameters<typeof client.request>) => {
      const answer = await client.request(...args)
      return { ...answer, data: { ...answer.data, issuer_id: undefined } }
    },
  }
  await expect(sign({}, without)).rejects.toMatchObject({ code: 'VAULT_CA_MISSING' })
})

it('does not believe a certificate of another CA than the mount names', async () => {
  const { sign, admin, client } = await world()
  await admin('POST', 'sys/mounts/other', { type: 'ssh' })
  await admin('POST', 'other/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  const mixedUp: VaultClient = {
    ...client,
    request: (request) => client.request(request.method === 'GET' ? { ...request, path: 'other/public_key' } : request),
  }
  await expect(sign({}, mixedUp)).rejects.toMatchObject({ code: 'CERTIFICATE_OF_ANOTHER_CA' })
})

it.each<[string, object, Partial<HostSigning>, string]>([
  ['VAULT_ROLE_UNKNOWN', {}, { role: 'Host' }, '--role ROLE'],
  [
    'VAULT_ROLE_KIND',
    { allow_host_certificates: false, allow_user_certificates: true },
    {},
    'allow_host_certificates=true',
  ],
  ['VAULT_PRINCIPALS', {}, { principals: ['corp.example'] }, 'allow_bare_domains'],
  ['VAULT_PRINCIPALS', { allowed_domains: '' }, {}, 'allowed_domains'],
  ['VAULT_TTL_TOO_LONG', {}, { ttlSeconds: 9000 }, 'latchkey ssh host-sign --ttl 2h'],
  ['VAULT_KEY_NOT_ALLOWED', { allowed_user_key_lengths: { rsa: 2048 } }, {}, 'allowed_user_key_lengths'],
  ['VAULT_MOUNT_UNKNOWN', {}, { mount: 'gone' }, 'vault secrets list'],
])('a refusal is explained: %s', async (code, role, signing, hint) => {
  const { sign } = await world(role)
  await expect(sign(signing)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) })
})

it('a mount without a CA is explained', async () => {
  const { sign, admin } = await world()
  await admin('DELETE', 'ssh/config/ca')
  await expect(sign()).rejects.toMatchObject({
    code: 'VAULT_CA_MISSING',
    hint: expect.stringContaining('ssh/config/ca'),
  })
})
