import type { Clock } from '../../core/clock.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createSingleFlight } from '../../core/single-flight.ts'
import { formatUtc } from '../../core/utc-time.ts'
import type { LoginRequest } from '../login/login-method.ts'
import { failureDelayMs } from './renewal-plan.ts'
import { type HeldToken, isExpired, loggedOut, loginNeeded, type TokenHolder } from './token-holder.ts'
import { expiresAtMs, type LeasedToken, type TokenLease } from './token-lease.ts'
import type { TokenStore } from './token-store.ts'

/** What the keeper of an own token works with. */
export interface LoginTokenDeps {
  /** The server's name in the configuration. */
  vault: string
  method: LoginRequest
  store: TokenStore
  /** Makes the server forget a token that nobody wants any more. */
  revoke: (held: HeldToken) => Promise<void>
  clock: Clock
  random: () => number
  log: Logger
}

/** A failed login is not repeated for each ssh that asks meanwhile. */
const maxRestMs = 5_000

/** Keeps a token from a login of our own, in memory and in the keychain. */
export function createLoginTokenHolder({
  vault,
  method,
  store,
  revoke,
  clock,
  random,
  log,
}: LoginTokenDeps): TokenHolder {
  const flight = createSingleFlight<HeldToken>()
  let held: HeldToken | undefined
  let isLoaded = false
  let isReleased = false
  let failures = 0
  let rest: { untilMs: number; error: unknown } | undefined
  /** What comes back after a logout, from a login or from the keychain, is not taken up. */
  let generation = 0
  let questions = new AbortController()

  const load = async (): Promise<void> => {
    if (isLoaded) return
    const started = generation
    const stored = await store.load()
    if (started !== generation) return
    isLoaded = true
    // A login may have come first.
    if (held === undefined && stored !== undefined && !isExpired(stored, clock.now())) held = stored
  }

  const adopt = async (grant: LeasedToken): Promise<HeldToken> => {
    const mine: HeldToken = grant
    held = mine
    isLoaded = true
    const endMs = expiresAtMs(grant.lease)
    log.info('logged in to vault', {
      vault,
      as: grant.lease.displayName,
      until: endMs === undefined ? undefined : formatUtc(endMs),
    })
    const started = generation
    await save(mine, grant.lease)
    if (started !== generation) throw loggedOut(vault)
    return mine
  }

  const save = async ({ token }: HeldToken, lease: TokenLease): Promise<void> => {
    const started = generation
    await store.save({ token, lease })
    // A logout came meanwhile, and its deletion may have been the faster one.
    if (started !== generation) await forget()
  }

  const forget = async (): Promise<void> => {
    await store.forget()
    // A login may have come meanwhile.
    if (held?.lease !== undefined) await store.save({ token: held.token, lease: held.lease })
  }

  /** The server has given a token that came too late. */
  const discard = async (grant: LeasedToken): Promise<void> => {
    if (grant.lease.isBatch) return
    await revoke(grant).catch((error: unknown) => {
      log.warn('a vault token that came after the logout is not revoked', { vault, reason: describeError(error) })
    })
  }

  /** @param started the generation of whoever wants it */
  const logIn = async (isAsked: boolean, started: number): Promise<HeldToken> => {
    if (started !== generation) throw loggedOut(vault)
    let grant: LeasedToken
    try {
      grant = await method.login(isAsked, questions.signal)
    } catch (error) {
      if (started !== generation) throw error
      failures += 1
      rest = { untilMs: clock.uptime() + Math.min(maxRestMs, failureDelayMs(failures, random)), error }
      throw error
    }
    if (started !== generation) {
      await discard(grant)
      throw loggedOut(vault)
    }
    failures = 0
    rest = undefined
    return adopt(grant)
  }

  const obtain = async (started: number): Promise<HeldToken> => {
    try {
      await load()
    } catch (error) {
      // A locked keychain must not keep an unattended login from working.
      if (!method.isUnattended)
        throw loginNeeded(vault, `the stored token cannot be read: ${describeError(error)}`, error)
      log.warn('the stored vault token cannot be read', { vault, reason: describeError(error) })
    }
    if (started !== generation) throw loggedOut(vault)
    if (held !== undefined && !isExpired(held, clock.now())) return held
    if (!method.isUnattended) throw loginNeeded(vault, held === undefined ? 'not logged in' : 'the login has expired')
    if (rest !== undefined && clock.uptime() < rest.untilMs) throw rest.error
    return logIn(false, started)
  }

  const current = async (): Promise<HeldToken> => {
    if (isReleased) throw loginNeeded(vault, 'logged out')
    if (held !== undefined && !isExpired(held, clock.now())) return held
    return shared('obtain', obtain)
  }

  /** What was begun before a logout is not joined after it. */
  const shared = (what: string, run: (started: number) => Promise<HeldToken>): Promise<HeldToken> => {
    const started = generation
    return flight.run(`${what} ${started}`, () => run(started))
  }

  return {
    current,
    peek: () => held,
    warm: load,
    async login() {
      isReleased = false
      return shared('login', (started) => logIn(true, started))
    },
    relogin: () => shared('obtain', (started) => logIn(false, started)),
    async replace(dead) {
      if (held?.token === dead.token) {
        held = undefined
        await store.forget().catch((error: unknown) => {
          log.warn('the keychain still has a dead vault token', { vault, reason: describeError(error) })
        })
      }
      if (held === undefined && !method.isUnattended)
        throw loginNeeded(vault, 'the login has ended: expired, or revoked')
      return current()
    },
    async update({ token }, lease) {
      if (held?.token !== token) return
      held = { token, lease }
      await save(held, lease)
    },
    async release() {
      isReleased = true
      generation += 1
      questions.abort(loggedOut(vault))
      questions = new AbortController()
      const last = held
      held = undefined
      if (last !== undefined || isLoaded) return last
      isLoaded = true
      return store.load().catch(() => undefined)
    },
    forget,
    storeError: () => store.lastError(),
  }
}
