import { describe, expect, it } from 'vitest'
import { PromptError } from '../../../../src/prompts/prompt.ts'
import { callLogin } from '../../../../src/vault/login/login-call.ts'
import type { LoginRequest, TokenMethod } from '../../../../src/vault/login/login-method.ts'
import { createLoginNeed, needsPerson } from '../../../../src/vault/token/login-need.ts'
import { createTokenSource } from '../../../../src/vault/token/token-source.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { auth, byPassword, byRole, sealed, sign, tokenWorld } from '../../../support/token-world.ts'
import { loginContext, nobody, person, tokenOf } from '../../../support/vault-world.ts'

const graceMs = 2_000
const needed = new VaultError('VAULT_LOGIN_NEEDED', 'not logged in')
const secondFactor = new VaultError('VAULT_MFA_NEEDED', 'a second factor is needed')
const cancelled = new PromptError('PROMPT_CANCELLED', 'cancelled')

function world() {
  const clock = fakeClock()
  const told: number[] = []
  const need = createLoginNeed({ clock, tell: () => told.push(clock.uptime()) })
  return { clock, told, need }
}

describe('a login that is needed', () => {
  it('is told of once, however often something fails for want of it', () => {
    const { clock, told, need } = world()
    for (let tries = 0; tries < 5; tries += 1) {
      need.arises()
      clock.advance(600_000)
    }
    need.tellNow()
    expect(told).toHaveLength(1)
  })

  it('is told of after a while in which whoever has found out may ask for it', () => {
    const { clock, told, need } = world()
    need.arises()
    clock.advance(graceMs - 1)
    need.arises()
    expect(told).toEqual([])
    clock.advance(1)
    expect(told).toHaveLength(1)
  })

  it('is told of at once where somebody waits who cannot be asked, and not again', () => {
    const { clock, told, need } = world()
    need.arises()
    need.tellNow()
    expect(told).toHaveLength(1)
    clock.advance(graceMs)
    expect([told.length, clock.pendingTimers()]).toEqual([1, 0])
  })

  it('is told of anew once what was needed was there', () => {
    const { told, need } = world()
    need.tellNow()
    need.met()
    need.tellNow()
    expect(told).toHaveLength(2)
  })

  it('is not told of where it is met in time, nor after the end', () => {
    const { clock, told, need } = world()
    need.arises()
    need.met()
    need.arises()
    need.stop()
    clock.advance(graceMs)
    expect(told).toEqual([])
  })

  it('is not told of while a person is asked for it', async () => {
    const { clock, told, need } = world()
    let finish!: (outcome: string) => void
    need.arises()
    const asked = need.asking(() => new Promise<string>((resolve) => (finish = resolve)))
    need.arises()
    clock.advance(600_000)
    finish('in')
    expect(await asked).toBe('in')
    expect(told).toEqual([])
  })

  it('is not told of to a person who has said no', async () => {
    const { clock, told, need } = world()
    await expect(need.asking(() => Promise.reject(cancelled))).rejects.toBe(cancelled)
    need.arises()
    clock.advance(graceMs)
    expect(told).toEqual([])
  })

  it('is told of where nobody has answered', async () => {
    const { clock, told, need } = world()
    const unanswered = new PromptError('PROMPT_TIMEOUT', 'nobody answered')
    need.arises()
    await expect(need.asking(() => Promise.reject(unanswered))).rejects.toBe(unanswered)
    clock.advance(graceMs)
    expect(told).toHaveLength(1)
  })
})

describe('whether a person is needed', () => {
  const login = (own: Partial<LoginRequest>) => ({ type: 'login', ...own }) as LoginRequest
  const interactive = login({ isUnattended: false })
  const unattended = login({ isUnattended: true })
  const ofProfile = login({ isUnattended: true, prepare: async () => {} })
  const external = { type: 'external', isUnattended: true } as TokenMethod
  const refused = new VaultError('VAULT_LOGIN_FAILED', 'wrong')

  it.each<[string, TokenMethod, Error, boolean]>([
    ['a password', interactive, needed, true],
    ['a second factor', interactive, secondFactor, true],
    ['a profile that needs a code', ofProfile, needed, true],
    ['a profile whose login is refused', ofProfile, refused, false],
    ['a role that has used its secret up', unattended, needed, false],
    ['a role whose login wants a second factor', unattended, secondFactor, true],
    ['a token that others look after', external, needed, false],
    ['a password, with the server away', interactive, new VaultError('VAULT_UNREACHABLE', 'away'), false],
  ])('%s', (_, method, error, expected) => {
    expect(needsPerson(method, error)).toBe(expected)
  })
})

describe('the token of a person', () => {
  it('is told to be away once, though it is tried again and again, until a login', async () => {
    const { vault, clock, source, use, told } = await tokenWorld('userpass')
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
      clock.advance(600_000)
    }
    expect(told.count).toBe(1)
    vault.on(byPassword, auth('hvs.first', { lease_duration: 60 }))
    await source.login(person)
    clock.advance(60_000)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    clock.advance(graceMs)
    expect(told.count).toBe(2)
  })

  it('that ends unused is nothing that anybody is told of', async () => {
    const { vault, clock, source, settled, told } = await tokenWorld('userpass')
    vault.on(byPassword, auth('hvs.first', { renewable: false }))
    source.start()
    await source.login(person)
    clock.advance(4_000_000)
    await settled()
    expect(told.count).toBe(0)
    expect(source.status().state).toBe('login-needed')
  })

  it('is not told to be away after a logout, nor while the server is', async () => {
    const { vault, clock, source, use, told } = await tokenWorld('userpass')
    await source.login(person)
    vault.on(sign, sealed)
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    await source.logout()
    await expect(use()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    clock.advance(graceMs)
    expect(told.count).toBe(0)
    expect(source.status().state).toBe('logged-out')
  })

  it('is told to be away at once where a caller cannot be asked, if a login would help', async () => {
    const { source, told } = await tokenWorld('userpass')
    expect(source.tellNeed(new VaultError('VAULT_DENIED', 'not allowed'))).toBe(false)
    expect(told.count).toBe(0)
    expect(source.tellNeed(needed)).toBe(true)
    expect(told.count).toBe(1)
  })

  it('does not wait to be told of where the source is stopped', async () => {
    const { clock, source, use, told } = await tokenWorld('userpass')
    await expect(use()).rejects.toThrow()
    source.stop()
    clock.advance(graceMs)
    expect(told.count).toBe(0)
  })
})

it.each(['approle', 'token'] as const)('nobody is told where a login by %s fails', async (method) => {
  const { vault, clock, source, use, told, files } = await tokenWorld(method)
  files.clear()
  vault.on(byRole, { status: 400, json: { errors: ['invalid role or secret ID'] } })
  await expect(use()).rejects.toThrow()
  clock.advance(graceMs)
  expect(told.count).toBe(0)
  expect(source.status().state).toBe('logged-out')
  expect(source.tellNeed(needed)).toBe(false)
})

describe('a login that needs a person only now and then', () => {
  const call = { mount: 'aws', who: 'dev', displayName: 'aws-dev', advice: [] }

  /** As by a profile of AWS. */
  async function profileWorld() {
    const world = await tokenWorld('approle')
    const { client, clock, keychain, log, prompts, told } = world
    const trace: string[] = []
    let hasCode = false
    const method: LoginRequest = {
      type: 'login',
      name: 'aws',
      identity: 'aws/dev',
      isUnattended: true,
      async prepare({ mayPrompt }) {
        trace.push('prepare')
        if (!mayPrompt) throw needed
        hasCode = true
      },
      async login() {
        if (!hasCode) throw needed
        const path = 'auth/approle/login'
        return callLogin({ client, clock, prompts }, { ...call, path, mayAsk: false, signal: undefined })
      },
    }
    const giveCode = () => {
      hasCode = true
    }
    const source = createTokenSource({
      ...loginContext(client, { prompts, keychain, clock, log }),
      method,
      tellLoginNeeded() {
        told.count += 1
      },
    })
    return { ...world, source, trace, giveCode }
  }

  it('says so once it was tried, and tells the person', async () => {
    const { clock, source, told } = await profileWorld()
    expect(source.status()).toEqual({ state: 'idle' })
    await expect(tokenOf(source)).rejects.toBe(needed)
    expect(source.status()).toMatchObject({ state: 'login-needed', lastError: needed })
    clock.advance(graceMs)
    expect(told.count).toBe(1)
  })

  it('recovers by itself when the profile has had its code', async () => {
    const { clock, source, giveCode } = await profileWorld()
    await expect(tokenOf(source)).rejects.toBe(needed)
    giveCode()
    clock.advance(60_000)
    await tokenOf(source)
    expect(source.status().state).toBe('logged-in')
  })

  it('looks at the server before a person types a code', async () => {
    const { vault, source, trace } = await profileWorld()
    vault.on('GET sys/seal-status', { json: { type: 'shamir', initialized: true, sealed: true } })
    await expect(source.login(person)).rejects.toMatchObject({ code: 'VAULT_SEALED' })
    expect(trace).toEqual([])
    vault.on('GET sys/seal-status', { json: { type: 'shamir', initialized: true, sealed: false } })
    await expect(source.login(nobody)).rejects.toBe(needed)
    await source.login(person)
    expect(trace).toEqual(['prepare', 'prepare'])
  })
})
