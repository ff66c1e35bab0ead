import { describe, expect, it } from 'vitest'
import { createChosenLogin } from '../../../../src/daemon/running/chosen-login.ts'
import type { LoginMethod } from '../../../../src/vault/login/login-method.ts'
import type { AuthConfig } from '../../../../src/vault/login/login-methods.ts'
import type { TokenSource } from '../../../../src/vault/token/token-source.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { nobody, person } from '../../../support/vault-world.ts'

const none = new VaultError('VAULT_LOGIN_NEEDED', 'there is no token')
const wrong = new VaultError('VAULT_LOGIN_FAILED', 'wrong password')
const jo: AuthConfig = { method: 'userpass', mount: 'people', username: 'jo' }
const ann: AuthConfig = { method: 'userpass', mount: 'people', username: 'ann' }

function world({ isWritten = false } = {}) {
  const trace: string[] = []
  const state = { found: undefined as Error | undefined, login: undefined as Promise<never> | undefined }
  const nameOf = (of: AuthConfig) => ('username' in of ? of.username : of.method)
  const login = createChosenLogin({
    vault: 'corp',
    auth: { method: 'token' },
    isWritten,
    createMethod: (of) =>
      ({
        type: of.method === 'token' ? 'external' : 'login',
        name: nameOf(of),
        find: async () => {
          if (state.found !== undefined) throw state.found
        },
      }) as unknown as LoginMethod,
    createTokens({ name }) {
      const does = (what: string) => () => void trace.push(`${name} ${what}`)
      return {
        async login() {
          trace.push(`${name} login`)
          await state.login
          return { displayName: name, policies: [] }
        },
        async logout() {
          trace.push(`${name} logout`)
        },
        withAccess: async () => name,
        isOfPresentLogin: () => name === 'jo',
        look: async () => void trace.push(`${name} look`),
        onReplaced: does('onReplaced'),
        tellNeed: () => name === 'jo',
        status: () => ({ state: 'idle' }),
        start: does('start'),
        stop: does('stop'),
        close: does('close'),
      } as unknown as TokenSource
    },
  })
  const present = () => login.tokens.withAccess(async () => 'unused')
  return { login, trace, state, present }
}

describe('a login that config.toml has', () => {
  it('is not open, and nothing else is taken', async () => {
    const { login, trace, state } = world({ isWritten: true })
    state.found = none
    expect(await login.isOpen()).toBe(false)
    await login.logIn(person)
    await expect(login.logIn(person, jo)).rejects.toMatchObject({
      code: 'VAULT_CONFIG',
      hint: 'edit auth of [vault.corp], or run: latchkey login corp',
    })
    expect(trace).toEqual(['token login'])
  })
})

describe('a login that config.toml does not have', () => {
  it('is that of a token where one is found', async () => {
    const { login, present } = world()
    expect(await login.isOpen()).toBe(false)
    expect(await login.logIn(nobody)).toMatchObject({ displayName: 'token' })
    expect(await present()).toBe('token')
  })

  it('is open where none is found, and says how to choose', async () => {
    const { login, state, trace } = world()
    state.found = none
    expect(await login.isOpen()).toBe(true)
    await expect(login.logIn(person)).rejects.toMatchObject({
      code: 'VAULT_METHOD_NEEDED',
      hint: 'in a terminal: latchkey login corp',
    })
    expect(trace).toEqual([])
  })

  it('is not open where the token cannot be looked for', async () => {
    const { login, state } = world()
    state.found = new VaultError('VAULT_SECRET_MISSING', 'the token helper has failed')
    await expect(login.logIn(person)).rejects.toBe(state.found)
  })

  it('is what a person has chosen, for all that uses it, once that has worked', async () => {
    const { login, state, trace, present } = world()
    state.found = none
    expect(await login.logIn(person, jo)).toMatchObject({ displayName: 'jo' })
    expect(trace).toEqual(['jo login', 'jo start'])
    expect(await present()).toBe('jo')
    expect(login.auth()).toBe(jo)
    expect(login.tokens.isOfPresentLogin({} as never)).toBe(true)
    expect(login.tokens.tellNeed(none)).toBe(true)
    await login.tokens.look()
    expect(login.tokens.status()).toEqual({ state: 'idle' })
    expect(await login.isOpen()).toBe(false)
    await login.logIn(person)
    login.tokens.stop()
    expect(trace.slice(2)).toEqual(['jo look', 'jo login', 'jo stop'])
  })

  it('stays as it was where what was chosen has failed', async () => {
    const { login, state, trace, present } = world()
    state.login = Promise.reject(wrong)
    await expect(login.logIn(person, jo)).rejects.toBe(wrong)
    expect(await present()).toBe('token')
    expect(login.auth()).toEqual({ method: 'token' })
    login.tokens.close()
    expect(trace).toEqual(['jo login', 'jo close', 'token close'])
  })

  it('is one for all who choose the same, and for who comes back for its outcome', async () => {
    const { login, trace } = world()
    await Promise.all([login.logIn(person, jo), login.logIn(person, { ...jo })])
    await login.logIn(person, { ...jo })
    expect(trace).toEqual(['jo login', 'jo login', 'jo start', 'jo login'])
  })

  it('is that of the last who has chosen: the former is logged out', async () => {
    const { login, trace, present } = world()
    await login.logIn(person, jo)
    await login.logIn(person, ann)
    expect(await present()).toBe('ann')
    expect(trace).toEqual(['jo login', 'jo start', 'ann login', 'ann start', 'jo logout'])
  })

  it('gives up one that was chosen and not made, where another is chosen', async () => {
    const { login, trace, state } = world()
    state.login = Promise.reject(wrong)
    await expect(login.logIn(person, jo)).rejects.toBe(wrong)
    state.login = undefined
    await login.logIn(person, ann)
    expect(trace).toEqual(['jo login', 'jo close', 'ann login', 'ann start'])
  })

  it('is open again after a logout', async () => {
    const { login, state, trace, present } = world()
    state.found = none
    await login.logIn(person, jo)
    await login.tokens.logout()
    expect(trace.slice(2)).toEqual(['token logout', 'jo logout', 'jo close'])
    expect(await present()).toBe('token')
    expect(await login.isOpen()).toBe(true)
    await login.tokens.logout()
    expect(trace.at(-1)).toBe('token logout')
  })

  it('ends with its vault', async () => {
    const { login, trace } = world()
    await login.logIn(person, jo)
    login.tokens.close()
    expect(trace.slice(2)).toEqual(['jo close', 'token close'])
  })
})
