import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publicKeyText } from '../../../../../src/dev/vault/ssh/ssh-keys.ts'
import { privateKeyText } from '../../../../doubles/vault/ssh/private-key-text.ts'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

async function openWithMount(): Promise<TestVault> {
  const vault = await openTestVault()
  await vault.admin('POST', 'sys/mounts/ssh', { type: 'ssh' })
  return vault
}

const key = generateKeyPairSync('ed25519').privateKey
const other = generateKeyPairSync('ed25519').privateKey

describe('the CA of an SSH mount', () => {
  it('may be a key that the operator brings', async () => {
    const { admin, call } = await openWithMount()
    const brought = { public_key: publicKeyText(key), private_key: privateKeyText(key) }
    expect(await admin('POST', 'ssh/config/ca', brought)).toMatchObject({
      public_key: publicKeyText(key),
      issuer_name: '',
    })
    expect((await call('GET', 'ssh/public_key')).text).toBe(publicKeyText(key))
  })

  it.each([
    [
      { generate_signing_key: true, public_key: 'x', private_key: 'y' },
      400,
      'must not be set when generate_signing_key',
    ],
    [{ generate_signing_key: false }, 400, 'missing public_key'],
    [{ public_key: publicKeyText(key) }, 400, 'only one of public_key and private_key set'],
    [{ private_key: privateKeyText(key) }, 400, 'only one of public_key and private_key set'],
    [{ public_key: 'x', private_key: privateKeyText(key) }, 400, 'could not parse public_key provided value'],
    [{ public_key: publicKeyText(key), private_key: 'x' }, 400, 'could not parse private_key provided value'],
    [{ public_key: publicKeyText(other), private_key: privateKeyText(key) }, 400, 'do not belong together'],
    [{ key_type: 'dsa' }, 500, 'unknown ssh key pair algorithm: dsa'],
    [{ key_type: 'ed25519', issuer_name: 'Default' }, 400, "reserved keyword 'default'"],
    [{ key_type: 'ed25519', issuer_name: 'a b' }, 400, 'issuer name contained invalid characters'],
  ])('is refused for %j', async (body, status, message) => {
    const { vault, call } = await openWithMount()
    const reply = await call('POST', 'ssh/config/ca', { token: vault.rootToken, body })
    expect(reply.status).toBe(status)
    expect(reply.json.errors[0]).toContain(message)
    expect((await call('GET', 'ssh/public_key')).status).toBe(400)
  })

  it('may be rotated: the new issuer becomes the default, the old one stays by name and id', async () => {
    const { vault, admin, call } = await openWithMount()
    const first = await admin('POST', 'ssh/config/ca', { key_type: 'ed25519', issuer_name: 'old' })
    const second = await admin('POST', 'ssh/issuers/import/new', { key_type: 'ed25519', set_default: true })
    expect(await admin('GET', 'ssh/config/issuers')).toEqual({ default: second.issuer_id })
    expect((await call('GET', 'ssh/public_key')).text).toBe(second.public_key)
    expect((await call('GET', 'ssh/issuer/old/public_key')).text).toBe(first.public_key)
    expect(await admin('GET', `ssh/issuer/${String(first.issuer_id)}`)).toEqual(first)
    expect(await admin('GET', 'ssh/issuer/default')).toEqual(second)
    expect(await admin('POST', 'ssh/config/issuers', { default: 'old' })).toEqual({ default: first.issuer_id })
    const { token } = { token: vault.rootToken }
    const taken = await call('POST', 'ssh/issuers/import', { token, body: { key_type: 'ed25519', issuer_name: 'new' } })
    expect(taken.json.errors).toEqual(['issuer name already in use'])
    for (const reference of ['', 'default']) {
      const refused = await call('POST', 'ssh/config/issuers', { token, body: { default: reference } })
      expect(refused.json.errors[0]).toContain('Invalid issuer specification')
    }
  })

  it('can be renamed, removed one by one, and removed whole', async () => {
    const { vault, admin, call } = await openWithMount()
    const { rootToken: token } = vault
    await admin('POST', 'ssh/config/ca', { key_type: 'ed25519', issuer_name: 'a' })
    await admin('POST', 'ssh/issuers/import/b', { key_type: 'ed25519' })
    expect(await admin('POST', 'ssh/issuer/a', { issuer_name: 'c' })).toMatchObject({ issuer_name: 'c' })
    expect(await admin('POST', 'ssh/issuer/c', { issuer_name: 'c' })).toMatchObject({ issuer_name: 'c' })
    const unnamed = await call('POST', 'ssh/issuer/c', { token, body: {} })
    expect(unnamed.json.errors).toEqual(['expected non-empty issuer name'])
    expect((await call('DELETE', 'ssh/issuer/b', { token })).status).toBe(204)
    const last = await call('DELETE', 'ssh/issuer/c', { token })
    expect(last.json.warnings?.[0]).toContain('this was configured as the default issuer')
    expect((await call('GET', 'ssh/config/ca', { token })).json.errors).toEqual([
      'no default issuer currently configured',
    ])
    expect((await call('DELETE', 'ssh/config/ca', { token })).status).toBe(204)
    await admin('POST', 'ssh/config/ca', { key_type: 'ed25519' })
    const purged = await call('DELETE', 'ssh/config/ca', { token })
    expect(purged.json.warnings).toEqual(["Deleted 1 issuers, including the configured 'default'."])
    expect((await call('LIST', 'ssh/issuers', { token })).status).toBe(404)
  })
})
