import { describe, expect, it } from 'vitest'
import {
  auth,
  byPassword,
  byRole,
  denied,
  looked,
  lookUp,
  rejected,
  renew,
  revoke,
  sealed,
  sign,
  tokensOf,
  tokenWorld,
} from '../../../support/token-world.ts'
import { person, tokenOf, until } from '../../../support/vault-world.ts'

describe('in the background', () => {
  it('nobody logs in before a token is wanted', async () => {
    const { source, calledAfter } = await tokenWorld('approle')
    source.start()
    await calledAfter(24 * 3600_000, 0)
    expect(source.status()).toEqual({ state: 'idle' })
  })

  it('a failed login of a person is not repeated', async () => {
    const { vault, source, calledAfter } = await tokenWorld('userpass')
    vault.on(byPassword, sealed)
    source.start()
    await expect(source.login(person)).rejects.toMatchObject({
      code: 'VAULT_SEALED',
      hint: 'its operator must run: vault operator unseal; then run: latchkey login corp',
    })
    await calledAfter(24 * 3600_000, 1)
    expect(source.status().lastError).toMatchObject({ code: 'VAULT_SEALED' })
  })

  it('a login that needs nobody takes the place of a renewal that the policies do not allow', async () => {
    const { vault, lines, source, calledAfter } = await tokenWorld('approle')
    vault.on(renew, denied)
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000, 2)
    expect(source.status()).toEqual({ state: 'logged-in', expiresAtMs: expect.any(Number) })
    expect(lines).toContainEqual(expect.stringMatching(/^info: .*will not be renewed.*the token may not renew itself/))
    await calledAfter(840_000, 4)
    expect(vault.calls()).toEqual([byRole, renew, byRole, revoke])
  })

  it.each([
    ['the password of its login', 400, '1 error occurred:\n\t* failed to renew entry: invalid credentials\n\n'],
    ['something that is not known here', 400, 'okta authentication failed'],
    [
      'a role that is gone',
      500,
      '1 error occurred:\n\t* failed to renew entry: role ci does not exist during renewal\n\n',
    ],
  ])('a renewal that is refused for %s is not tried again: a directory may count it', async (_, status, text) => {
    const { vault, source, use, calledAfter } = await tokenWorld('userpass')
    vault.on(renew, { status, json: { errors: [text] } })
    source.start()
    await source.login(person)
    await calledAfter(2_400_000, 2)
    const warnings = [
      expect.stringMatching(/^it is not renewed any more, and ends when its time is over: vault corp: /),
    ]
    expect(source.status()).toMatchObject({ state: 'logged-in', warnings })
    await calledAfter(600_000, 2)
    await calledAfter(590_000, 2)
    await use()
    expect(vault.calls()).toEqual([byPassword, renew, sign])
    expect(source.status()).toMatchObject({ warnings })
    await source.login(person)
    expect(source.status()).toMatchObject({ state: 'logged-in' })
    expect(source.status()).not.toHaveProperty('warnings')
  })

  it('a renewal is tried again where what checks the password is away', async () => {
    const { vault, source, calledAfter } = await tokenWorld('userpass')
    const away = 'read udp 127.0.0.1:34387->127.0.0.1:1812: read: connection refused'
    vault.on(renew, { status: 400, json: { errors: [away] } }, auth('ignored'))
    source.start()
    await source.login(person)
    await calledAfter(2_400_000, 2)
    expect(source.status()).toMatchObject({ state: 'logged-in', lastError: { code: 'VAULT_LOGIN_LOCKED' } })
    await calledAfter(600_000, 3)
    expect(source.status().lastError).toBeUndefined()
    expect(vault.calls()).toEqual([byPassword, renew, renew])
  })

  it('a found token is never got anew: its owner does that', async () => {
    const { vault, files, source, calledAfter } = await tokenWorld('token')
    files.set('/home/jo/.vault-token', 'hvs.found')
    vault.on(lookUp, looked({ renewable: false }))
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(60_000, 1)
    for (let tenth = 0; tenth < 10; tenth += 1) await calledAfter(360_000, 1)
    expect(source.status()).toEqual({ state: 'idle' })
  })

  it('a found token is not looked up once its owner has put another one in its place', async () => {
    const { vault, files, source, calledAfter } = await tokenWorld('token')
    files.set('/home/jo/.vault-token', 'hvs.found')
    vault.on(lookUp, looked())
    source.start()
    await until(() => source.status().state === 'logged-in')
    files.set('/home/jo/.vault-token', 'hvs.next')
    await calledAfter(60_000, 0)
    await calledAfter(60_000, 1)
    expect(tokensOf(vault)).toEqual(['hvs.next'])
  })

  it('a suspect token of a few uses spends none on being tried', async () => {
    const { vault, source, use, calledAfter } = await tokenWorld('userpass')
    vault.on(byPassword, auth('hvs.first', { num_uses: 5 }))
    await source.login(person)
    vault.on(sign, rejected)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(source.status().state).toBe('login-needed')
    source.start()
    await calledAfter(1_800_000, 2)
    expect(vault.calls()).toEqual([byPassword, sign])
  })

  it('a suspect token gives way to a login that works again, and is not asked about any more', async () => {
    const { vault, lines, source, use, calledAfter } = await tokenWorld('approle')
    await use()
    vault.on(sign, rejected)
    vault.on(lookUp, rejected)
    vault.on(byRole, sealed, auth('hvs.second'))
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    source.start()
    await calledAfter(5000, 7)
    expect(vault.calls().slice(2)).toEqual([sign, lookUp, byRole, byRole, revoke])
    expect(tokensOf(vault).at(-1)).toBe('hvs.first')
    expect(source.status().state).toBe('logged-in')
    expect(lines.join()).not.toContain('taken again')
  })

  it('a renewal brings the policies that the token has now', async () => {
    const { vault, files, source, use, calledAfter } = await tokenWorld('token')
    files.set('/home/jo/.vault-token', 'hvs.found')
    vault.on(lookUp, looked({ policies: ['ops', 'more'] }))
    vault.on(renew, auth('x', { policies: ['ops'] }))
    vault.on(sign, denied)
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(60_000, 1)
    await expect(use()).rejects.toMatchObject({ hint: expect.stringMatching(/; this token has: ops, more$/) })
    await calledAfter(2_400_000, 3)
    await expect(use()).rejects.toMatchObject({ hint: expect.stringMatching(/; this token has: ops$/) })
    expect(vault.calls()).toEqual([lookUp, sign, renew, sign])
  })
})

describe('a refusal of a token that another one has followed since it was sent', () => {
  it('is no word about the new one: the use is repeated with that, and nobody is asked', async () => {
    const { vault, source, use, settled } = await tokenWorld('userpass')
    await source.login(person)
    vault.on(sign, async ({ headers }) => {
      if (headers['x-vault-token'] !== 'hvs.first') return { json: { data: { signed_key: 'x' } } }
      await source.login(person)
      return rejected
    })
    await use()
    await settled()
    expect(vault.calls().sort()).toEqual([byPassword, byPassword, revoke, sign, sign].sort())
    const signers = vault.requests.filter(({ path }) => path.endsWith('sign/ops')).map(({ headers }) => headers)
    expect(signers).toMatchObject([{ 'x-vault-token': 'hvs.first' }, { 'x-vault-token': 'hvs.second' }])
  })
})
