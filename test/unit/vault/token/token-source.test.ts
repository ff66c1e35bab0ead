import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { createPrompts } from '../../../../src/prompts/broker.ts'
import { PromptError, type PromptLease } from '../../../../src/prompts/prompt.ts'
import type { LoginMethod } from '../../../../src/vault/login/login-method.ts'
import { createLoginMethod } from '../../../../src/vault/login/login-methods.ts'
import { createTokenSource } from '../../../../src/vault/token/token-source.ts'
import {
  auth,
  byPassword,
  byRole,
  denied,
  invalid,
  locked,
  looked,
  lookUp,
  rejected,
  renew,
  revoke,
  sealed,
  sign,
  signed,
  tokensOf,
  tokenWorld,
} from '../../../support/token-world.ts'
import { recorded } from '../../../support/vault-answers.ts'
import type { ScriptedAnswer } from '../../../support/vault-http.ts'
import { forToken, loginContext, nobody, person, recordingLog, tokenOf, until } from '../../../support/vault-world.ts'

describe('a login by a person', () => {
  it('asks once, keeps the token in the keychain and says whose it is', async () => {
    const { vault, clock, keychain, source, use, attending } = await tokenWorld('userpass')
    expect(await source.login(person)).toEqual({
      displayName: 'userpass-jo',
      policies: ['default', 'ssh-user'],
      expiresAtMs: clock.now() + 3600_000,
    })
    expect(attending).toEqual([])
    await use()
    expect(vault.calls()).toEqual([byPassword, sign])
    expect(keychain.items.get('vault/corp/token')).toContain('hvs.first')
    expect(source.status()).toEqual({ state: 'logged-in', expiresAtMs: clock.now() + 3600_000 })
  })

  it('begins with a look at the server, as one that asks nobody does not', async () => {
    const { vault, questions, source } = await tokenWorld('userpass')
    vault.on('GET sys/seal-status', { json: { type: 'shamir', initialized: true, sealed: true } })
    await expect(source.login(person)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(questions).toEqual([])
    const unattended = await tokenWorld('approle')
    await unattended.source.login(nobody)
    expect(unattended.vault.stateLooks()).toBe(0)
  })

  it('is told in the log, with whose it is and until when', async () => {
    const { vault, lines, source } = await tokenWorld('userpass')
    vault.on(byPassword, auth('hvs.first'), auth('hvs.second', { lease_duration: 0 }))
    await source.login(person)
    await source.login(person)
    expect(lines.filter((line) => line.includes('logged in'))).toEqual([
      'info: logged in to vault vault=corp as=userpass-jo until=2026-01-02T04:04:05Z',
      'info: logged in to vault vault=corp as=userpass-jo',
    ])
  })

  it('survives a restart of the daemon', async () => {
    const { vault, source, newSource, use } = await tokenWorld('userpass')
    await source.login(person)
    const restarted = newSource()
    await use(restarted)
    expect(vault.calls()).toEqual([byPassword, sign])
    expect(restarted.status().state).toBe('logged-in')
  })

  it('is shared by everyone who wants it meanwhile', async () => {
    const { questions, source } = await tokenWorld('userpass')
    const [one, other] = await Promise.all([source.login(person), source.login(person)])
    expect(one).toEqual(other)
    expect(questions).toHaveLength(1)
  })

  it('that nobody can be asked for fails at once', async () => {
    const { questions, source } = await tokenWorld('userpass')
    await expect(source.login(nobody)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: 'vault corp: a password is needed, and nobody can be asked',
      hint: 'run: latchkey login corp',
    })
    expect(questions).toEqual([])
  })

  it('that a person cancels is no failure of the present login', async () => {
    const cancelled = new PromptError('PROMPT_CANCELLED', 'cancelled: password')
    const { source, use } = await tokenWorld('userpass', ['pw', cancelled])
    await source.login(person)
    await expect(source.login(person)).rejects.toBe(cancelled)
    expect(source.status()).toMatchObject({ state: 'logged-in' })
    expect(source.status().lastError).toBeUndefined()
    await use()
  })

  it.each(['wrong password', 'failure 6'])('that is refused (%s) is a fault of its own only', async (refusal) => {
    const { vault, source } = await tokenWorld('userpass', ['pw', 'x', 'x', 'x'])
    await source.login(person)
    vault.on(byPassword, recorded('userpass', refusal))
    await expect(source.login(person)).rejects.toThrow()
    expect(source.status().state).toBe('logged-in')
    expect(source.status().lastError).toBeUndefined()
  })

  it('that is refused is told where there is no other', async () => {
    const { vault, source } = await tokenWorld('userpass', ['x', 'x', 'x'])
    vault.on(byPassword, recorded('userpass', 'wrong password'))
    await expect(source.login(person)).rejects.toThrow()
    expect(source.status()).toMatchObject({ state: 'login-needed', lastError: { code: 'VAULT_LOGIN_FAILED' } })
  })

  it('is never begun by a use: it needs a login, and says how', async () => {
    const { vault, questions, source, use } = await tokenWorld('userpass')
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED', hint: 'run: latchkey login corp' })
    await expect(tokenOf(source)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect([vault.requests, questions]).toEqual([[], []])
    expect(source.status()).toMatchObject({ state: 'login-needed', lastError: { code: 'VAULT_LOGIN_NEEDED' } })
  })

  it('ends with its time, at each use and without a call', async () => {
    const { vault, clock, source, use } = await tokenWorld('userpass')
    await source.login(person)
    clock.advance(3600_000)
    expect(source.status().state).toBe('login-needed')
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringContaining('has expired'),
    })
    expect(vault.calls()).toEqual([byPassword])
  })

  it('is not undone by a slow keychain that answers after it', async () => {
    const { keychain, source, newSource } = await tokenWorld('userpass')
    await source.login(person)
    const stored = new Secret(keychain.items.get('vault/corp/token')!)
    let answer: (value: Secret<string>) => void = () => {}
    keychain.get = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const restarted = newSource()
    const using = tokenOf(restarted)
    await restarted.login(person)
    answer(stored)
    expect((await using).expose()).toBe('hvs.second')
  })

  it('that fails is shown in the status until one works', async () => {
    const { vault, source } = await tokenWorld('userpass')
    vault.on(byPassword, sealed, auth('hvs.first'))
    await expect(source.login(person)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(source.status()).toMatchObject({ state: 'login-needed', lastError: { code: 'VAULT_SEALED' } })
    await source.login(person)
    expect(source.status().lastError).toBeUndefined()
  })

  it('with a locked keychain works in memory, and the status says what is locked', async () => {
    const { keychain, lines, source, use } = await tokenWorld('userpass')
    keychain.failure = locked
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: 'vault corp: the stored token cannot be read: the keychain is locked',
      cause: locked,
    })
    await source.login(person)
    await use()
    expect(source.status()).toMatchObject({ state: 'logged-in', lastError: locked })
    expect(lines).toContainEqual(expect.stringContaining('memory only'))
  })
})

describe('a login that needs no person', () => {
  it('is made at the first use, once for all who want it', async () => {
    const { vault, use } = await tokenWorld('approle')
    await Promise.all([use(), use(), use()])
    expect(vault.calls().filter((call) => call === byRole)).toHaveLength(1)
    expect(vault.stateLooks()).toBe(0)
  })

  it('that was refused is sent again for a person who wants it, not for whoever uses it', async () => {
    const { vault, clock, source, use } = await tokenWorld('approle')
    vault.on(byRole, { status: 400, json: { errors: ['invalid role or secret ID'] } }, auth('hvs.first'))
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    clock.advance(6000)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_FAILED' })
    expect(vault.requests).toHaveLength(1)
    await source.login(nobody)
    expect(vault.requests).toHaveLength(2)
  })

  it('is idle again once its token is over, whether there was a logout before or not', async () => {
    const { clock, source } = await tokenWorld('approle')
    await source.login(nobody)
    await source.logout()
    await source.login(nobody)
    clock.advance(3600_000)
    expect(source.status()).toEqual({ state: 'idle' })
  })

  it('works with a locked keychain', async () => {
    const { vault, keychain, lines, source, use } = await tokenWorld('approle')
    keychain.failure = locked
    await use()
    await use()
    expect(vault.calls()).toEqual([byRole, sign, sign])
    expect(source.status()).toMatchObject({ state: 'logged-in', lastError: locked })
    expect(lines).toContainEqual(expect.stringMatching(/^warn: .*cannot be read/))
  })

  it('that failed is not repeated for some seconds, however many ask', async () => {
    const { vault, clock, use } = await tokenWorld('approle')
    vault.on(byRole, sealed, sealed, auth('hvs.first'))
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(vault.requests).toHaveLength(1)
    clock.advance(1000)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    clock.advance(5000)
    await use()
    expect(vault.calls()).toEqual([byRole, byRole, byRole, sign])
  })

  it('is made again when the token has expired', async () => {
    const { vault, clock, use } = await tokenWorld('approle')
    await use()
    clock.advance(3600_000)
    await use()
    expect(tokensOf(vault)).toEqual([undefined, 'hvs.first', undefined, 'hvs.second'])
  })

  it('is not taken from a token that was stored for another server', async () => {
    const { vault, keychain, source, newSource, use } = await tokenWorld('approle')
    await tokenOf(source)
    const stored = keychain.items.get('vault/corp/token')!
    keychain.items.set('vault/corp/token', stored.replace('http://127.0.0.1', 'http://127.0.0.2'))
    await use(newSource())
    expect(tokensOf(vault)).toEqual([undefined, undefined, 'hvs.second'])
  })
})

describe('a token that the server rejects', () => {
  it('is looked up, and when it is dead a new login is made and the use repeated once', async () => {
    const { vault, use } = await tokenWorld('approle')
    await use()
    vault.on(sign, rejected, signed)
    vault.on(lookUp, invalid)
    await use()
    expect(vault.calls().slice(2)).toEqual([sign, lookUp, byRole, sign])
    expect(tokensOf(vault).at(-1)).toBe('hvs.second')
  })

  it('is replaced once, however many uses were rejected', async () => {
    const { vault, use } = await tokenWorld('approle')
    await use()
    vault.on(sign, ({ headers }) => (headers['x-vault-token'] === 'hvs.first' ? rejected : signed))
    vault.on(lookUp, invalid)
    await Promise.all([use(), use(), use()])
    expect(vault.calls().filter((call) => call === byRole)).toHaveLength(2)
  })

  it('is not replaced twice for one use', async () => {
    const { vault, use } = await tokenWorld('approle')
    vault.on(sign, rejected)
    vault.on(lookUp, invalid)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_TOKEN_REJECTED' })
    expect(vault.calls()).toEqual([byRole, sign, lookUp, byRole, sign])
  })

  it('but that is alive leads to no login', async () => {
    const { vault, use } = await tokenWorld('approle')
    vault.on(sign, rejected)
    for (const alive of [looked(), denied]) {
      vault.on(lookUp, alive)
      await expect(use()).rejects.toMatchObject({
        code: 'VAULT_DENIED',
        message: 'vault corp: the call is refused, although the token is good',
        hint: expect.stringContaining('entity'),
      })
    }
    expect(vault.calls().filter((call) => call === byRole)).toHaveLength(1)
  })

  it('is kept when it cannot be looked up now', async () => {
    const { vault, use } = await tokenWorld('approle')
    vault.on(sign, rejected, signed)
    vault.on(lookUp, sealed)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    await use()
    expect(vault.calls()).toEqual([byRole, sign, lookUp, sign])
  })

  it('of a few uses is not looked up: it is used up', async () => {
    const { vault, use } = await tokenWorld('approle')
    vault.on(byRole, auth('hvs.first', { num_uses: 1 }), auth('hvs.second'))
    await use()
    vault.on(sign, rejected, signed)
    await use()
    expect(vault.calls().filter((call) => call !== revoke)).toEqual([byRole, sign, sign, byRole, sign])
  })

  it('of a person is forgotten, and asks for a login instead of opening a prompt', async () => {
    const { vault, keychain, questions, source, use } = await tokenWorld('userpass')
    await source.login(person)
    vault.on(sign, rejected)
    vault.on(lookUp, invalid)
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: 'vault corp: the login has ended: expired, or revoked',
      hint: 'run: latchkey login corp',
    })
    expect(questions).toHaveLength(1)
    expect(keychain.items.size).toBe(0)
    expect(source.status()).toMatchObject({ state: 'login-needed', lastError: { code: 'VAULT_LOGIN_NEEDED' } })
  })

  it('by the word that it is invalid is not looked up', async () => {
    const { vault, use } = await tokenWorld('approle')
    await use()
    vault.on(sign, invalid, signed)
    await use()
    expect(vault.calls().slice(2)).toEqual([sign, byRole, sign])
  })

  it('is dropped though the keychain is locked', async () => {
    const { vault, keychain, lines, source, use } = await tokenWorld('userpass')
    await source.login(person)
    keychain.failure = locked
    vault.on(sign, rejected)
    vault.on(lookUp, invalid)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(lines).toContainEqual(expect.stringContaining('still has a dead vault token'))
  })
})

describe('a use that the policies do not allow', () => {
  it('is not repeated, needs no login, and names the policies', async () => {
    const { vault, use } = await tokenWorld('approle')
    vault.on(sign, denied)
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_DENIED',
      hint: expect.stringMatching(/"update" on "ssh\/sign\/ops".*; this token has: default, ssh-user$/),
    })
    expect(vault.calls()).toEqual([byRole, sign])
  })

  it('is no fault of the login, as a server that cannot answer is one', async () => {
    const { vault, source, use } = await tokenWorld('approle')
    vault.on(sign, denied, sealed)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_DENIED' })
    expect(source.status().lastError).toBeUndefined()
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(source.status()).toMatchObject({ state: 'logged-in', lastError: { code: 'VAULT_SEALED' } })
  })
})

describe('renewal', () => {
  it('happens at two thirds of the lease, again and again, and is stored', async () => {
    const { vault, clock, keychain, source, calledAfter } = await tokenWorld('approle')
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000 - 1, 1)
    await calledAfter(1, 2)
    await calledAfter(2_400_000, 3)
    expect(vault.calls()).toEqual([byRole, renew, renew])
    expect(source.status()).toEqual({ state: 'logged-in', expiresAtMs: clock.now() + 3600_000 })
    expect(keychain.items.get('vault/corp/token')).toContain(`"grantedAtMs":${clock.now()}`)
  })

  it('goes on after a restart, without a login', async () => {
    const { vault, clock, source, newSource } = await tokenWorld('userpass')
    await source.login(person)
    const restarted = newSource()
    restarted.start()
    await until(() => restarted.status().state === 'logged-in')
    clock.advance(2_400_000)
    await until(() => vault.requests.length === 2)
    expect(vault.calls()).toEqual([byPassword, renew])
    restarted.stop()
  })

  it('of a token of 32 days is one call in three weeks', async () => {
    const { vault, source, calledAfter } = await tokenWorld('approle')
    vault.on(byRole, auth('hvs.first', { lease_duration: 768 * 3600 }))
    source.start()
    await tokenOf(source)
    await calledAfter(21 * 24 * 3600_000, 1)
    await calledAfter(24 * 3600_000, 2)
    expect(vault.calls()).toEqual([byRole, renew])
  })

  it('ends at the maximum; then a new login comes ahead of the end', async () => {
    const { vault, source, calledAfter } = await tokenWorld('approle')
    const capped = auth('x', { lease_duration: 600 })
    vault.on(renew, {
      json: {
        ...(capped as { json: object }).json,
        warnings: ['TTL of "1h" exceeded the effective max_ttl of "10m"; TTL value is capped accordingly'],
      },
    })
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000, 2)
    await calledAfter(540_000, 4)
    expect(vault.calls()).toEqual([byRole, renew, byRole, revoke])
    expect((await tokenOf(source)).expose()).toBe('hvs.second')
  })

  it.each<[string, ScriptedAnswer]>([
    ['not renewable', { status: 400, json: { errors: ['lease is not renewable'] } }],
    ['past its maximum', { status: 500, json: { errors: ['past the max TTL, cannot renew'] } }],
  ])('of a token that is %s is tried once', async (_, answer) => {
    const { vault, source, calledAfter } = await tokenWorld('userpass')
    vault.on(renew, answer)
    source.start()
    await source.login(person)
    await calledAfter(2_400_000, 2)
    await calledAfter(1_200_000, 2)
    expect(vault.calls()).toEqual([byPassword, renew])
    expect(source.status().state).toBe('login-needed')
  })

  it.each<[string, object]>([
    ['batch', { token_type: 'batch', renewable: false }],
    ['limited', { num_uses: 5 }],
    ['endless', { lease_duration: 0 }],
  ])('never happens for a token that is %s', async (_, fields) => {
    const { vault, source, calledAfter } = await tokenWorld('userpass')
    vault.on(byPassword, auth('hvs.first', fields))
    source.start()
    await source.login(person)
    await calledAfter(24 * 3600_000, 1)
    expect(vault.calls()).toEqual([byPassword])
  })

  it('that fails is tried again at any time before its end, warns once, and is shown in the status', async () => {
    const { vault, chance, lines, source, calledAfter } = await tokenWorld('approle')
    chance.value = 0.5 / 0.9
    vault.on(renew, sealed)
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000, 2)
    // 20 minutes are left, then 10: at a point by chance, since a fleet has failed at the same time.
    await calledAfter(599_999, 2)
    await calledAfter(1, 3)
    await calledAfter(299_999, 3)
    expect(source.status()).toMatchObject({ state: 'logged-in', lastError: { code: 'VAULT_SEALED' } })
    expect(lines.filter((line) => line.startsWith('warn:'))).toEqual([
      expect.stringMatching(
        /^warn: the vault token could not be renewed; it is tried again vault=corp reason=.*is sealed/,
      ),
    ])
    vault.on(renew, auth('x'))
    await calledAfter(1, 4)
    expect(source.status().lastError).toBeUndefined()
  })

  it('is tried again before the end, so that an outage that ends in time costs no login', async () => {
    const { vault, chance, source, calledAfter } = await tokenWorld('approle')
    chance.value = 0.5 / 0.9
    vault.on(byRole, auth('hvs.first', { lease_duration: 60 }))
    vault.on(renew, sealed)
    source.start()
    await tokenOf(source)
    await calledAfter(40_000, 2)
    for (const [index, pauseMs] of [10_000, 5_000, 2_500].entries()) await calledAfter(pauseMs, 3 + index)
    vault.on(renew, auth('x', { lease_duration: 60 }))
    await calledAfter(1_250, 6)
    expect(vault.calls().filter((call) => call === byRole)).toHaveLength(1)
    expect(source.status()).toMatchObject({ state: 'logged-in' })
  })

  it('that the policies do not allow is tried again after five minutes, and warns once', async () => {
    const { vault, lines, source, calledAfter } = await tokenWorld('userpass')
    vault.on(renew, denied, denied, auth('x'))
    source.start()
    await source.login(person)
    await calledAfter(2_400_000, 2)
    await calledAfter(299_999, 2)
    await calledAfter(1, 3)
    await calledAfter(300_000, 4)
    expect(lines.filter((line) => line.startsWith('warn:'))).toHaveLength(1)
    expect(source.status()).toMatchObject({ state: 'logged-in' })
    expect(source.status().lastError).toBeUndefined()
  })

  it.each<[string, ScriptedAnswer]>([
    ['a page of HTML', { status: 403, raw: '<html>Forbidden</html>', headers: { 'Content-Type': 'text/html' } }],
    ['JSON of its own', { status: 403, json: { error: 'forbidden' } }],
  ])('that a proxy refuses with %s is tried again, and ends nothing', async (_, answer) => {
    const { vault, source, calledAfter } = await tokenWorld('userpass')
    vault.on(renew, answer, auth('x'))
    source.start()
    await source.login(person)
    await calledAfter(2_400_000, 2)
    expect(source.status()).toMatchObject({ state: 'logged-in', lastError: { code: 'VAULT_BAD_RESPONSE' } })
    await calledAfter(1000, 3)
    expect(source.status().lastError).toBeUndefined()
    expect(vault.calls()).toEqual([byPassword, renew, renew])
  })

  it('that comes back after the next login is not taken for the new token', async () => {
    const { vault, clock, source, calledAfter } = await tokenWorld('userpass')
    vault.on(byPassword, auth('hvs.first'), auth('hvs.second', { lease_duration: 7200 }))
    vault.on(renew, async () => {
      await source.login(person)
      return auth('x', { lease_duration: 60 })
    })
    source.start()
    await source.login(person)
    await calledAfter(2_400_000, 4)
    expect(vault.calls()).toEqual([byPassword, renew, byPassword, revoke])
    expect(source.status()).toEqual({ state: 'logged-in', expiresAtMs: clock.now() + 7200_000 })
    expect((await tokenOf(source)).expose()).toBe('hvs.second')
  })

  it('that finds the token dead logs in again', async () => {
    const { vault, source, calledAfter } = await tokenWorld('approle')
    vault.on(renew, rejected)
    vault.on(lookUp, invalid)
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000, 4)
    expect(vault.calls()).toEqual([byRole, renew, lookUp, byRole])
  })

  it('that fails until the token has expired gives way to a login', async () => {
    const { vault, source, calledAfter } = await tokenWorld('approle')
    vault.on(renew, sealed)
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000, 2)
    await calledAfter(1_200_000, 3)
    await calledAfter(1000, 4)
    expect(vault.calls()).toEqual([byRole, renew, renew, byRole])
    expect(source.status().state).toBe('logged-in')
  })

  it('does not happen before start and after stop', async () => {
    const { vault, clock, source, settled } = await tokenWorld('approle')
    await tokenOf(source)
    clock.advance(3_000_000)
    source.start()
    source.stop()
    clock.advance(3_000_000)
    await settled()
    expect(vault.calls()).toEqual([byRole])
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('before its first use', () => {
  it.each([
    ['approle', 'idle'],
    ['token', 'idle'],
  ] as const)('the login of %s is %s', async (method, state) => {
    const { source } = await tokenWorld(method)
    expect(source.status()).toEqual({ state })
  })

  it('the login of a person is needed, and how', async () => {
    const { source } = await tokenWorld('userpass')
    expect(source.status()).toEqual({
      state: 'login-needed',
      lastError: expect.objectContaining({
        message: 'vault corp: not logged in',
        hint: 'run: latchkey login corp',
      }),
    })
  })
})

describe('an end while the daemon goes on', () => {
  it('forgets the token here alone: another source of the same login takes the stored one up', async () => {
    const { vault, keychain, source, newSource, use } = await tokenWorld('userpass')
    await source.login(person)
    source.close()
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(source.status()).toMatchObject({ state: 'logged-out' })
    expect(keychain.items.has('vault/corp/token')).toBe(true)
    await use(newSource())
    expect(vault.calls()).toEqual([byPassword, sign])
    expect(tokensOf(vault).at(-1)).toBe('hvs.first')
  })

  it('is no idle login', async () => {
    const { source } = await tokenWorld('approle')
    source.close()
    expect(source.status()).toEqual({ state: 'logged-out' })
  })

  it('gives up a login that is under way, and a token that comes all the same is revoked', async () => {
    const { vault, keychain, source } = await tokenWorld('userpass')
    const login = source.login(person)
    await until(() => vault.requests.length === 1)
    source.close()
    await expect(login).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    await until(() => vault.calls().includes(revoke))
    expect(keychain.items.has('vault/corp/token')).toBe(false)
  })
})

describe('a logout', () => {
  it('revokes and forgets the token, and nothing is used until the next login', async () => {
    const { vault, keychain, source, use } = await tokenWorld('approle')
    await use()
    await source.logout()
    expect(vault.calls()).toEqual([byRole, sign, revoke])
    expect(tokensOf(vault).at(-1)).toBe('hvs.first')
    expect(keychain.items.has('vault/corp/token')).toBe(false)
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringContaining('logged out'),
    })
    await source.logout()
    expect(source.status()).toEqual({ state: 'logged-out' })
    await source.login(nobody)
    await use()
    expect(tokensOf(vault).at(-1)).toBe('hvs.second')
  })

  it('revokes a stored token that was not used since the start', async () => {
    const { vault, source, newSource } = await tokenWorld('userpass')
    await source.login(person)
    await newSource().logout()
    expect(vault.calls()).toEqual([byPassword, revoke])
  })

  it.each([
    ['refused', rejected],
    ['invalid', invalid],
  ])('of a token that is %s already is no failure', async (_, answer) => {
    const { vault, source } = await tokenWorld('approle')
    await tokenOf(source)
    vault.on(revoke, answer)
    await source.logout()
  })

  it('that the policies do not allow says so', async () => {
    const { vault, source } = await tokenWorld('approle')
    await tokenOf(source)
    vault.on(revoke, denied)
    await expect(source.logout()).rejects.toMatchObject({
      code: 'VAULT_DENIED',
      message: expect.stringMatching(/not revoked: .*the token may not revoke itself/),
    })
  })

  it('while the keychain forgets slowly leaves the token of a login that came meanwhile stored', async () => {
    const { keychain, source } = await tokenWorld('approle')
    await source.login(nobody)
    const { discard } = keychain
    keychain.discard = async (name) => {
      keychain.discard = discard
      await source.login(nobody)
      await discard(name)
    }
    await source.logout()
    expect(keychain.items.get('vault/corp/token')).toContain('hvs.second')
  })

  it('that the server does not hear of forgets all the same, and says so', async () => {
    const { vault, keychain, source } = await tokenWorld('approle')
    await tokenOf(source)
    vault.on(revoke, sealed)
    await expect(source.logout()).rejects.toMatchObject({
      code: 'VAULT_SEALED',
      message: expect.stringContaining('not revoked'),
    })
    expect(keychain.items.size).toBe(0)
    expect(source.status().state).toBe('logged-out')
  })

  it('that the keychain does not hear of revokes all the same, and says so', async () => {
    const { vault, keychain, source } = await tokenWorld('approle')
    await tokenOf(source)
    keychain.failure = locked
    await expect(source.logout()).rejects.toBe(locked)
    expect(vault.calls()).toEqual([byRole, revoke])
  })

  it('that the keychain does not hear of is not undone by a login that fails', async () => {
    const { vault, keychain, source, use } = await tokenWorld('userpass')
    await source.login(person)
    keychain.failure = locked
    await expect(source.logout()).rejects.toBe(locked)
    keychain.failure = undefined
    vault.on(byPassword, sealed)
    await expect(source.login(person)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
  })

  it.each<[string, object, number]>([
    ['batch token', { token_type: 'batch' }, 0],
    ['expired token', { lease_duration: 1 }, 1000],
  ])('of a %s calls nobody', async (_, fields, ms) => {
    const { vault, clock, source } = await tokenWorld('approle')
    vault.on(byRole, auth('hvs.first', fields))
    await tokenOf(source)
    clock.advance(ms)
    await source.logout()
    expect(vault.calls()).toEqual([byRole])
  })

  it('while a renewal is under way is not undone by it', async () => {
    const { vault, keychain, source, calledAfter } = await tokenWorld('approle')
    let leaving: Promise<void> | undefined
    vault.on(renew, () => {
      leaving = source.logout()
      return auth('x')
    })
    source.start()
    await tokenOf(source)
    await calledAfter(2_400_000, 3)
    await leaving
    expect(source.status().state).toBe('logged-out')
    expect(keychain.items.size).toBe(0)
  })

  it('while a login is under way is not undone by it', async () => {
    const { vault, source, keychain } = await tokenWorld('approle')
    vault.on(byRole, auth('hvs.first'))
    const pending = tokenOf(source)
    await source.logout()
    await expect(pending).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(keychain.items.size).toBe(0)
  })

  const overtaken = {
    code: 'VAULT_LOGIN_NEEDED',
    message: expect.stringContaining('logged out while'),
    hint: 'run: latchkey login corp',
  }

  it('while a question is open withdraws it, and nothing is sent', async () => {
    const { vault, keychain, clock, client, log } = await tokenWorld('userpass')
    const prompts = createPrompts({ clock, newId: () => 'lease-1' })
    const method = forToken(
      createLoginMethod({ method: 'userpass', username: 'jo' }, loginContext(client, { prompts, clock })),
    )
    const source = createTokenSource({
      client,
      method,
      keychain,
      clock,
      random: () => 0,
      log,
      prompts,
      tellLoginNeeded: () => {},
    })
    const leases: PromptLease[] = []
    const terminal = { mayPrompt: true, offer: (lease: PromptLease) => leases.push(lease) }
    const waiting = [source.login(terminal), source.login({ mayPrompt: true })].map((login) =>
      expect(login).rejects.toMatchObject(overtaken),
    )
    await until(() => leases.length === 1)
    await source.logout()
    await Promise.all(waiting)
    expect(prompts.open()).toEqual([])
    leases[0]!.answer(new Secret('pw'))
    expect(source.status()).toEqual({ state: 'logged-out' })
    expect(vault.calls()).toEqual([])
    // Whoever has left with the question learns it when he is back; the next one is asked.
    await expect(source.login(terminal)).rejects.toMatchObject(overtaken)
    const again = source.login({ mayPrompt: true, offer: (lease) => lease.answer(new Secret('pw')) })
    expect(await again).toMatchObject({ displayName: 'userpass-jo' })
    expect(keychain.items.get('vault/corp/token')).toContain('hvs.first')
  })

  it('while a password is on its way fails at once for all who wait, and revokes what comes back', async () => {
    const { vault, keychain, source, settled, lines } = await tokenWorld('userpass')
    let leaving: Promise<void> | undefined
    vault.on(byPassword, () => {
      leaving ??= source.logout()
      return auth('hvs.late')
    })
    await expect(source.login(person)).rejects.toMatchObject(overtaken)
    await leaving
    await until(() => vault.calls().includes(revoke))
    await settled()
    expect(tokensOf(vault)).toEqual([undefined, 'hvs.late'])
    expect(keychain.items.size).toBe(0)
    expect(source.status()).toEqual({ state: 'logged-out' })
    expect(lines.join()).not.toContain('logged in to vault')
  })

  it('is not joined by the login that comes after it', async () => {
    const { vault, keychain, source, settled } = await tokenWorld('userpass')
    let leaving: Promise<void> | undefined
    let next: Promise<unknown> | undefined
    vault.on(
      byPassword,
      () => {
        leaving = source.logout()
        next = source.login(person)
        return auth('hvs.late')
      },
      auth('hvs.next'),
    )
    await expect(source.login(person)).rejects.toMatchObject(overtaken)
    await leaving
    expect(await next).toMatchObject({ displayName: 'userpass-jo' })
    await settled()
    expect(keychain.items.get('vault/corp/token')).toContain('hvs.next')
    expect(source.status().state).toBe('logged-in')
  })

  it('while a token is being stored leaves none stored', async () => {
    const { keychain, source } = await tokenWorld('approle')
    const keep = keychain.keep
    let leaving: Promise<void> | undefined
    // The deletion is the faster one.
    keychain.keep = async (...item) => {
      leaving ??= source.logout()
      await leaving
      await keep(...item)
    }
    await expect(tokenOf(source)).rejects.toMatchObject(overtaken)
    await leaving
    expect(keychain.items.size).toBe(0)
    expect(source.status().state).toBe('logged-out')
  })

  it('while a stored token is being read does not take it up', async () => {
    const { keychain, source, newSource, vault } = await tokenWorld('userpass')
    await source.login(person)
    const restarted = newSource()
    const get = keychain.get
    let answer = () => {}
    const slow = new Promise<void>((resolve) => {
      answer = resolve
    })
    keychain.get = async (name) => {
      const value = await get(name)
      keychain.get = get
      await slow
      return value
    }
    const pending = expect(tokenOf(restarted)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    await turnOfLoop()
    const leaving = restarted.logout()
    answer()
    await pending
    await leaving
    expect(restarted.status().state).toBe('logged-out')
    expect(vault.calls()).toEqual([byPassword, revoke])
  })
})

describe('a found token', () => {
  const file = '/home/jo/.vault-token'
  const found = async () => {
    const all = await tokenWorld('token')
    all.files.set(file, 'hvs.found\n')
    return all
  }

  it('is used as it is, and nothing is stored', async () => {
    const { vault, keychain, source, use } = await found()
    await use()
    expect(vault.calls()).toEqual([sign])
    expect(tokensOf(vault)).toEqual(['hvs.found'])
    expect(keychain.items.size).toBe(0)
    expect(source.status()).toEqual({ state: 'logged-in' })
  })

  it('is followed when its owner replaces it', async () => {
    const { vault, files, use } = await found()
    await use()
    files.set(file, 'hvs.new')
    await use()
    expect(tokensOf(vault)).toEqual(['hvs.found', 'hvs.new'])
  })

  it('that is dead is not sent again until there is another, which is used at once', async () => {
    const { vault, files, source, use } = await found()
    vault.on(sign, ({ headers }) => (headers['x-vault-token'] === 'hvs.found' ? rejected : signed))
    vault.on(lookUp, invalid)
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringContaining(file),
      hint: 'run: vault login',
    })
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(vault.calls()).toEqual([sign, lookUp])
    expect(source.status().state).toBe('logged-out')
    files.set(file, 'hvs.new')
    await use()
    expect(source.status()).toEqual({ state: 'logged-in' })
  })

  it('is not asked of a helper at each use, only when it is no longer good', async () => {
    const { vault, clock, client, keychain, prompts, use } = await found()
    const asked: boolean[] = []
    const method: LoginMethod = {
      type: 'external',
      name: 'token',
      isUnattended: true,
      find: async (isFresh) => {
        asked.push(isFresh)
        return { token: new Secret(`hvs.${asked.filter(Boolean).length}`), origin: 'a helper', renewHint: 'hint' }
      },
    }
    const { log } = recordingLog()
    const source = createTokenSource({
      client,
      method,
      keychain,
      clock,
      random: () => 0,
      log,
      prompts,
      tellLoginNeeded: () => {},
    })
    await use(source)
    await use(source)
    vault.on(sign, rejected, signed)
    vault.on(lookUp, invalid)
    await use(source)
    expect(asked).toEqual([false, false, false, true])
    await source.look()
    vault.on(lookUp, looked())
    await source.login(nobody)
    expect(asked.slice(4)).toEqual([false, true])
    vault.on(sign, rejected, signed)
    vault.on(lookUp, rejected)
    await use(source)
    expect(asked.slice(6)).toEqual([false, true])
  })

  it('that was replaced while it was used is followed without a failure', async () => {
    const { vault, files, use } = await found()
    await use()
    vault.on(sign, ({ headers }) => {
      files.set(file, 'hvs.new')
      return headers['x-vault-token'] === 'hvs.found' ? rejected : signed
    })
    vault.on(lookUp, invalid)
    await use()
    expect(tokensOf(vault).at(-1)).toBe('hvs.new')
  })

  it('is looked up some seconds after its first use, not before: it may be good for a few only', async () => {
    const { vault, clock, source, use, calledAfter } = await found()
    source.start()
    await until(() => source.status().state === 'logged-in')
    await use()
    await calledAfter(3000, 1)
    await use()
    await calledAfter(1999, 2)
    await calledAfter(1, 3)
    expect(vault.calls()).toEqual([sign, sign, lookUp])
    expect(source.status()).toEqual({ state: 'logged-in', expiresAtMs: clock.now() + 3600_000 })
  })

  it('is looked up after a minute without use, and then renewed like one of ours', async () => {
    const { vault, source, calledAfter } = await found()
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(59_999, 0)
    await calledAfter(1, 1)
    await calledAfter(2_400_000, 2)
    expect(vault.calls()).toEqual([lookUp, renew])
    expect(tokensOf(vault)).toEqual(['hvs.found', 'hvs.found'])
  })

  it('of a few uses is left alone from then on', async () => {
    const { vault, source, calledAfter } = await found()
    vault.on(lookUp, looked({ num_uses: 3 }))
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(60_000, 1)
    await calledAfter(24 * 3600_000, 1)
    expect(vault.calls()).toEqual([lookUp])
  })

  it('that is used late is not looked up later for it', async () => {
    const { vault, source, use, calledAfter } = await found()
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(58_000, 0)
    await use()
    await calledAfter(2000, 2)
    expect(vault.calls()).toEqual([sign, lookUp])
  })

  it('that may not look itself up is not asked again', async () => {
    const { vault, source, use, calledAfter } = await found()
    vault.on(lookUp, denied)
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(60_000, 1)
    await use()
    await calledAfter(24 * 3600_000, 2)
    expect(vault.calls()).toEqual([lookUp, sign])
  })

  it('that turns out dead when it is looked up is shown in the status', async () => {
    const { vault, source, calledAfter } = await found()
    vault.on(lookUp, invalid)
    source.start()
    await until(() => source.status().state === 'logged-in')
    await calledAfter(60_000, 1)
    expect(source.status()).toMatchObject({ state: 'logged-out', lastError: { code: 'VAULT_LOGIN_NEEDED' } })
  })

  it('that is not there is shown in the status from the start', async () => {
    const { source } = await tokenWorld('token')
    source.start()
    await until(() => source.status().lastError !== undefined)
    expect(source.status()).toMatchObject({ state: 'logged-out', lastError: { code: 'VAULT_LOGIN_NEEDED' } })
  })

  it('is looked up at once when a person logs in', async () => {
    const { clock, source } = await found()
    expect(await source.login(nobody)).toEqual({
      displayName: 'token-jo',
      policies: ['default'],
      expiresAtMs: clock.now() + 3600_000,
    })
  })

  it('that is dead fails a login with how to get another', async () => {
    const { vault, source } = await found()
    vault.on(lookUp, invalid)
    await expect(source.login(nobody)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED', hint: 'run: vault login' })
  })

  it('that may not look itself up fails a login, which could not say whose it is', async () => {
    const { vault, source } = await found()
    vault.on(lookUp, denied)
    await expect(source.login(nobody)).rejects.toMatchObject({
      code: 'VAULT_DENIED',
      message: expect.stringContaining('the token may not look up itself'),
    })
  })

  it('without an end shows none', async () => {
    const { vault, source } = await found()
    vault.on(lookUp, looked({ ttl: 0, renewable: false }))
    expect(await source.login(nobody)).toEqual({ displayName: 'token-jo', policies: ['default'] })
  })

  it('is never revoked, and not used after a logout', async () => {
    const { vault, source, use } = await found()
    await use()
    await source.logout()
    expect(vault.calls()).toEqual([sign])
    expect(source.status().state).toBe('logged-out')
    await expect(use()).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: 'vault corp: logged out',
    })
    await source.login(nobody)
    await use()
    expect(vault.calls()).toEqual([sign, lookUp, sign])
  })

  it('is not taken up by a use or a replacement that a logout overtakes', async () => {
    const { vault, files, source, use } = await found()
    const pending = use()
    await source.logout()
    await expect(pending).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(source.status().state).toBe('logged-out')
    await source.login(nobody)
    vault.on(sign, rejected)
    vault.on(lookUp, () => {
      files.set(file, 'hvs.new')
      void source.logout()
      return invalid
    })
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(source.status().state).toBe('logged-out')
    expect(tokensOf(vault)).not.toContain('hvs.new')
  })
})

it('no token is in a log line, an error or the status', async () => {
  const { vault, lines, source, use } = await tokenWorld('approle')
  source.start()
  await use()
  vault.on(sign, rejected)
  vault.on(lookUp, invalid)
  const error: unknown = await use().catch((thrown: unknown) => thrown)
  await source.logout()
  const shown = inspect([lines, error, source.status(), new Secret('x')], { depth: 9, showHidden: true })
  expect(shown).not.toContain('hvs.')
  expect(shown).not.toContain('sid')
})
