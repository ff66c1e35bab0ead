import { describe, expect, it } from 'vitest'
import { invalid, looked, lookUp, rejected, sign, signed, tokensOf, tokenWorld } from '../../../support/token-world.ts'
import { nobody } from '../../../support/vault-world.ts'

describe('a proxy that has logged in', () => {
  it('gets requests without a token, and tells whose token it puts there', async () => {
    const { vault, source, use } = await tokenWorld('proxy')
    await use()
    expect(await source.login(nobody)).toMatchObject({ displayName: 'token-jo', policies: ['default'] })
    expect(vault.calls()).toEqual([sign, lookUp])
    expect(tokensOf(vault)).toEqual([undefined, undefined])
    expect(vault.requests[0]!.headers['x-vault-request']).toBe('true')
  })

  it('renews its token itself: it is neither renewed nor taken for ended here', async () => {
    const { clock, source, use, vault, settled } = await tokenWorld('proxy')
    vault.on(lookUp, looked({ ttl: 60 }))
    source.start()
    await source.login(nobody)
    clock.advance(3_600_000)
    await settled()
    expect(source.status()).toEqual({ state: 'logged-in' })
    await use()
    expect(vault.calls()).toEqual([lookUp, sign])
    source.stop()
  })

  it('keeps its token after a logout here', async () => {
    const { vault, source, use } = await tokenWorld('proxy')
    await use()
    await source.logout()
    expect(vault.calls()).toEqual([sign])
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    await source.login(nobody)
    await use()
  })

  it.each([
    ['dead or not allowed', rejected],
    ['invalid', invalid],
  ])('is tried again when its token was %s, for it gets another one', async (_, refusal) => {
    const { vault, clock, source, use } = await tokenWorld('proxy')
    vault.on(sign, refusal)
    vault.on(lookUp, refusal)
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringContaining('the server refuses the token from the proxy at'),
      hint: expect.stringContaining('auto-auth'),
    })
    expect(source.status().state).toBe('logged-out')
    vault.on(sign, signed)
    clock.advance(5_000)
    await use()
    expect(source.status()).toMatchObject({ state: 'logged-in' })
  })
})
