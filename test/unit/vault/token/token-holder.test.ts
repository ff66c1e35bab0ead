import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import type { LoginRequest } from '../../../../src/vault/login/login-method.ts'
import { createExternalTokenHolder } from '../../../../src/vault/token/external-token.ts'
import { createLoginTokenHolder } from '../../../../src/vault/token/login-token.ts'
import type { HeldToken, TokenHolder } from '../../../../src/vault/token/token-holder.ts'
import type { TokenLease } from '../../../../src/vault/token/token-lease.ts'
import type { TokenStore } from '../../../../src/vault/token/token-store.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const clock = fakeClock()
const lease = (of: Partial<TokenLease> = {}): TokenLease => ({
  displayName: 'userpass-jo',
  policies: ['default'],
  owner: 'e1',
  grantedAtMs: clock.now(),
  leaseSeconds: 3600,
  isRenewable: true,
  isLimited: false,
  isBatch: false,
  ...of,
})

/** A holder whose method brings `a`, then `b`, and both as it held them. */
interface World {
  holder: TokenHolder
  first: HeldToken
  second: HeldToken
}

async function external(): Promise<World> {
  let token = new Secret('hvs.a')
  const holder = createExternalTokenHolder(
    'corp',
    {
      type: 'external',
      name: 'token',
      isUnattended: true,
      find: async () => ({ token, origin: '/token', renewHint: 'vault login' }),
    },
    clock,
  )
  const first = await holder.current()
  token = new Secret('hvs.b')
  return { holder, first, second: await holder.current() }
}

function store(over: Partial<TokenStore> = {}): TokenStore {
  return {
    load: async () => undefined,
    save: async () => {},
    forget: async () => {},
    lastError: () => undefined,
    ...over,
  }
}

/** @param logins what comes of each, one after the other: a token, or an error */
function loginHolder(kept: TokenStore, logins: readonly (string | Promise<never>)[], isUnattended = false) {
  const left = [...logins]
  const revoked: string[] = []
  const method: LoginRequest = {
    type: 'login',
    name: 'userpass',
    identity: 'userpass/jo',
    isUnattended,
    async login() {
      const next = left.shift()
      return typeof next === 'string'
        ? { token: new Secret(next), lease: lease() }
        : (next ?? failing('no more logins'))
    },
  }
  const holder = createLoginTokenHolder({
    vault: 'corp',
    method,
    store: kept,
    revoke: async ({ token }) => void revoked.push(token.expose()),
    clock,
    random: () => 0,
    log: silentLogger,
  })
  return { holder, revoked }
}

function failing(message: string): Promise<never> {
  const failure = Promise.reject(new Error(message))
  failure.catch(() => {})
  return failure
}

async function ofLogins(): Promise<World> {
  const { holder } = loginHolder(store(), ['hvs.a', 'hvs.b'])
  return { holder, first: await holder.login(), second: await holder.login() }
}

describe.each([
  ['from elsewhere', external],
  ['from logins', ofLogins],
])('the token in use, %s', (_, world) => {
  it('is not told apart by what is found out about the one before', async () => {
    const { holder, first, second } = await world()
    const known = lease({ displayName: 'of the second' })
    await holder.update(second, known)
    await holder.update(first, lease({ displayName: 'of the first' }))
    expect(holder.peek()?.lease).toBe(known)
    holder.trust(first)
    expect(await holder.replace(first)).toBe(holder.peek())
    expect(holder.peek()).toMatchObject({ token: second.token, lease: known })
  })

  it('stays suspect when the one before is refused, too', async () => {
    const { holder, first, second } = await world()
    await expect(holder.suspect(second)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    await expect(holder.suspect(first)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    expect(holder.isSuspect(second)).toBe(true)
    expect(holder.isSuspect(first)).toBe(false)
  })

  it('is tried once in five seconds while it is suspect, whoever asks', async () => {
    const { holder, second } = await world()
    await expect(holder.suspect(second)).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    for (let round = 0; round < 2; round += 1) {
      clock.advance(4_999)
      await expect(holder.current()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
      clock.advance(1)
      expect(await holder.current()).toBe(second)
      await expect(holder.current()).rejects.toMatchObject({ code: 'VAULT_LOGIN_NEEDED' })
    }
  })

  it('is good when the one before is refused', async () => {
    const { holder, first, second } = await world()
    expect(await holder.suspect(first)).toBe(second)
    expect(holder.isSuspect(second)).toBe(false)
  })
})

it('a stored token that has ended meanwhile is not taken up, nor revoked', async () => {
  const stored = { token: new Secret('hvs.old'), lease: lease({ grantedAtMs: clock.now() - 3_600_000 }) }
  const { holder, revoked } = loginHolder(store({ load: async () => stored }), ['hvs.a'], true)
  await holder.warm()
  expect(holder.peek()).toBeUndefined()
  await holder.current()
  expect(revoked).toEqual([])
})

it('a former token that has ended is not revoked: the server knows it no more', async () => {
  const { holder, revoked } = loginHolder(store(), ['hvs.a', 'hvs.b', 'hvs.c'])
  await holder.login()
  clock.advance(3_600_000)
  await holder.login()
  await holder.login()
  await settle()
  expect(revoked).toEqual(['hvs.b'])
})

describe('the pause after a login that failed', () => {
  it('keeps those who need nobody from a try, until a person has logged in', async () => {
    const { holder } = loginHolder(store(), [failing('refused'), 'hvs.a', 'hvs.b'], true)
    await expect(holder.current()).rejects.toThrow('refused')
    await expect(holder.current()).rejects.toThrow('refused')
    expect((await holder.replace(await holder.login())).token.expose()).toBe('hvs.b')
  })

  it('does not come of a login that a logout has overtaken', async () => {
    let refuse: (error: Error) => void
    const slow = new Promise<never>((_, reject) => (refuse = reject))
    const { holder } = loginHolder(store(), [slow, 'hvs.a', 'hvs.b'], true)
    const overtaken = holder.current().catch(({ message }: Error) => message)
    await settle()
    await holder.release()
    const held = await holder.login()
    refuse!(new Error('too late'))
    expect(await overtaken).toBe('too late')
    expect((await holder.replace(held)).token.expose()).toBe('hvs.b')
  })
})
