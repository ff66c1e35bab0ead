import { describe, expect, it } from 'vitest'
import { openTestVault } from '../../../support/dev-vault.ts'

describe('a cubbyhole', () => {
  it('is one token’s own, and gone with it', async () => {
    const { vault, admin, call } = await openTestVault()
    const { client_token: id } = await admin('POST', 'auth/token/create', { policies: ['default'] })
    const token = String(id)
    await call('POST', 'cubbyhole/a/b', { token, body: { secret: '1' } })
    await call('POST', 'cubbyhole/a/c/d', { token, body: { secret: '2' } })
    await call('POST', 'cubbyhole/e', { token, body: { secret: '3' } })
    expect((await call('GET', 'cubbyhole/a/b', { token })).json.data).toEqual({ secret: '1' })
    expect((await call('GET', 'cubbyhole/a/b', { token: vault.rootToken })).status).toBe(404)
    expect((await call('LIST', 'cubbyhole/', { token })).json.data).toEqual({ keys: ['a/', 'e'] })
    expect((await call('LIST', 'cubbyhole/a', { token })).json.data).toEqual({ keys: ['b', 'c/'] })
    await call('DELETE', 'cubbyhole/a/b', { token })
    expect((await call('GET', 'cubbyhole/a/b', { token })).status).toBe(404)
    await call('POST', 'auth/token/revoke-self', { token, body: {} })
    expect((await call('GET', 'cubbyhole/e', { token })).status).toBe(403)
  })
})
