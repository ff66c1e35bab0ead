import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../../support/dev-vault.ts'

const parameter = (key: unknown, value?: unknown, more: object = {}) =>
  Buffer.from(JSON.stringify({ key, value, ...more })).toString('base64url')

async function world() {
  const server = await openTestVault()
  await server.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
  await server.admin('POST', 'auth/userpass/users/jo', { password: 'pw', token_ttl: '1h' })
  const inline = (
    headers: Readonly<Record<string, string>> = {},
    path = 'sys/internal/ui/resultant-acl',
    method = 'GET',
  ) =>
    server.call(method, path, {
      headers: {
        'X-Vault-Inline-Auth-Path': 'auth/userpass/login/jo',
        'X-Vault-Inline-Auth-Parameter-1': parameter('password', 'pw'),
        ...headers,
      },
    })
  return { server, inline }
}

/** The words of `handleInlineAuth` in OpenBao's vault/request_handling.go. */
describe('a login within a request to the double', () => {
  it.each([
    [
      { 'X-Vault-Inline-Auth-Operation': 'delete' },
      'expected a valid login operation in X-Vault-Inline-Auth-Operation',
    ],
    [{ 'X-Vault-Inline-Auth-Parameter-1': 'a=b' }, 'failed raw url-safe base64 decoding header value'],
    [{ 'X-Vault-Inline-Auth-Parameter-1': 'bm9wZQ' }, 'failed json decoding header value'],
    [{ 'X-Vault-Inline-Auth-Parameter-1': 'e30' }, 'decoded header lacked `key` field'],
    [{ 'X-Vault-Inline-Auth-Parameter-1': parameter(1, 'pw') }, 'decoded header had incorrect type for `key` field'],
    [{ 'X-Vault-Inline-Auth-Parameter-1': parameter('password') }, 'decoded header lacked `value` field'],
    [
      { 'X-Vault-Inline-Auth-Parameter-1': parameter('password', 'pw', { x: 1 }) },
      'unexpected field in decoded request parameter',
    ],
  ])('is refused for headers that are wrong: %j', async (headers, text) => {
    const { inline } = await world()
    const { status, json } = await inline(headers)
    expect([status, json.errors]).toEqual([500, [`failed to perform inline authentication: ${text}`]])
  })

  it('of someone who is locked out has no answer of the method, and so no header', async () => {
    const { inline } = await world()
    const wrong = { 'X-Vault-Inline-Auth-Parameter-1': parameter('password', 'no') }
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { status, headers } = await inline(wrong)
      expect([status, headers['x-vault-inline-auth-failed']]).toEqual([400, 'true'])
    }
    const { status, json, headers } = await inline()
    expect([status, json.errors]).toEqual([403, ['failed to perform inline authentication: permission denied']])
    expect(headers['x-vault-inline-auth-failed']).toBe(undefined)
  })

  it.each([
    ['GET', 'auth/token/lookup-self', 403, 'bad token'],
    ['POST', 'auth/token/renew-self', 400, 'token not found'],
    ['POST', 'auth/token/create', 400, 'parent token lookup failed: no parent found'],
    ['POST', 'sys/capabilities-self', 400, '1 error occurred:\n\t* invalid token\n\n'],
  ])('has a token that cannot be asked about: %s %s', async (method, path, status, text) => {
    const { inline } = await world()
    const reply = await inline({}, path, method)
    expect([reply.status, reply.json.errors]).toEqual([status, [text]])
    expect(reply.headers['x-vault-inline-auth-failed']).toBe(undefined)
  })

  it.each([
    ['auth/token/lookup-self', 403, 'permission denied', 'true'],
    ['auth/userpass/nope', 403, 'permission denied', 'true'],
    ['auth/userpass/login/jo', 405, 'failed to perform inline authentication: unsupported operation', undefined],
  ])('at %s, read, is no login', async (path, status, text, marked) => {
    const { inline } = await world()
    const reply = await inline({ 'X-Vault-Inline-Auth-Path': path, 'X-Vault-Inline-Auth-Operation': 'read' })
    expect([reply.status, reply.json.errors]).toEqual([status, [text]])
    expect(reply.headers['x-vault-inline-auth-failed']).toBe(marked)
  })

  it('cannot wait for a second factor', async () => {
    const { server, inline } = await world()
    const { data } = (
      await server.call('POST', 'identity/mfa/method/totp', {
        token: server.vault.rootToken,
        body: { issuer: 'x', period: 30, algorithm: 'SHA1', digits: 6 },
      })
    ).json
    const { accessor } = await server.admin('GET', 'sys/auth/userpass')
    await server.admin('POST', 'identity/mfa/login-enforcement/all', {
      mfa_method_ids: [data.method_id],
      auth_method_accessors: [accessor],
    })
    const { status, json } = await inline()
    expect(status).toBe(500)
    expect(json.errors[0]).toContain('unable to perform inline authentication with login MFA')
  })
})
