import { describe, expect, it } from 'vitest'
import { openTestVault, type TestVault } from '../../../../support/dev-vault.ts'

async function wrap({ call, vault }: TestVault, ttl = '5m') {
  const headers = { 'X-Vault-Wrap-TTL': ttl }
  const { json } = await call('POST', 'sys/wrapping/wrap', { token: vault.rootToken, headers, body: { a: 'b' } })
  return json.wrap_info
}

const notValid = 'wrapping token is not valid or does not exist'

describe('a wrapped answer', () => {
  it('is given out once, to whoever has its token, also when that is in the body', async () => {
    const vault = await openTestVault()
    const { token } = await wrap(vault)
    const own = String((await vault.admin('POST', 'auth/token/create', { policies: ['default'] })).client_token)
    const bare = String(
      (await vault.admin('POST', 'auth/token/create', { policies: ['bare'], no_default_policy: true })).client_token,
    )
    const unwrap = (caller?: string) => vault.call('POST', 'sys/wrapping/unwrap', { token: caller, body: { token } })
    expect((await unwrap()).json.errors).toEqual(['permission denied'])
    expect((await unwrap(bare)).json.errors).toEqual(['1 error occurred:\n\t* permission denied\n\n'])
    expect((await unwrap(own)).json.data).toEqual({ a: 'b' })
    expect((await unwrap(own)).json.errors).toEqual([notValid])
  })

  it('is gone after its time', async () => {
    const vault = await openTestVault()
    const { token, ttl } = await wrap(vault, '90')
    expect(ttl).toBe(90)
    vault.advance(90_000)
    expect((await vault.call('POST', 'sys/wrapping/lookup', { body: { token } })).json.errors).toEqual([notValid])
  })

  it('may be a login, whose token it then names by its accessor', async () => {
    const vault = await openTestVault()
    await vault.admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await vault.admin('POST', 'auth/userpass/users/jo', { password: 'pw' })
    const headers = { 'X-Vault-Wrap-TTL': '60s' }
    const login = await vault.call('POST', 'auth/userpass/login/jo', { headers, body: { password: 'pw' } })
    expect(login.json.auth).toBeNull()
    const { token } = login.json.wrap_info
    const { json } = await vault.call('POST', 'sys/wrapping/unwrap', { token, body: {} })
    expect(json.auth.accessor).toBe(login.json.wrap_info.wrapped_accessor)
    expect((await vault.call('GET', 'auth/token/lookup-self', { token: json.auth.client_token })).status).toBe(200)
  })

  it('is not made of a refusal, nor of nothing', async () => {
    const { vault, call } = await openTestVault()
    const headers = { 'X-Vault-Wrap-TTL': '60s' }
    const refused = await call('GET', 'sys/policies/acl/none', { token: vault.rootToken, headers })
    expect(refused.status).toBe(404)
    const body = { policy: 'path "a" {}' }
    expect((await call('POST', 'sys/policies/acl/a', { token: vault.rootToken, headers, body })).status).toBe(204)
    const unasked = await call('POST', 'sys/wrapping/wrap', { token: vault.rootToken, body: { a: 'b' } })
    expect(unasked.json.errors).toEqual(['endpoint requires response wrapping to be used'])
    const never = await call('POST', 'sys/wrapping/wrap', {
      token: vault.rootToken,
      body,
      headers: { 'X-Vault-Wrap-TTL': '0' },
    })
    expect(never.status).toBe(400)
  })

  it('has a token that is good for nothing else, and is spent by trying', async () => {
    const vault = await openTestVault()
    const { token } = await wrap(vault)
    expect((await vault.call('GET', 'auth/token/lookup-self', { token })).status).toBe(403)
    expect((await vault.call('POST', 'sys/wrapping/unwrap', { token, body: {} })).json.errors).toEqual([notValid])
  })

  it('is not to be had for an ordinary token', async () => {
    const { vault, call } = await openTestVault()
    const reply = await call('POST', 'sys/wrapping/unwrap', { token: vault.rootToken, body: {} })
    expect(reply.json.errors).toEqual([notValid])
  })
})
