import type { Clock } from '../core/clock.ts'
import { describeError } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { createSingleFlight } from '../core/single-flight.ts'
import { formatUtc } from '../core/utc-time.ts'
import { type HeldToken, isExpired, loginNeeded, type TokenKeeper } from './held-token.ts'
import type { OwnLogin } from './login-method.ts'
import { failureDelayMs } from './renewal-plan.ts'
import type { TokenStore } from './stored-token.ts'
import { expiresAtMs, type TokenGrant } from './token-grant.ts'

/** What the keeper of an own token works with. */
export interface OwnTokenDeps {
  /** The server's name in the configuration. */
  vault: string
  method: OwnLogin
  store: TokenStore
  clock: Clock
  random: () => number
  log: Logger
}

/** A failed login is not repeated for each ssh that asks meanwhile. */
const maxRestMs = 5_000

/** Keeps a token from a login of our own, in memory and in the keychain. */
export function createOwnTokens({ vault, method, store, clock, random, log }: OwnTokenDeps): TokenKeeper {
  const flight = createSingleFlight<HeldToken>()
  let held: HeldToken | undefined
  let isLoaded = false
  let isReleased = false
  let failures = 0
  let rest: { untilMs: number; error: unknown } | undefined
  /** A login that comes back after a logout is not taken up. */
  let generation = 0

  const load = async (): Promise<void> => {
    if (isLoaded) return
    const stored = await store.load()
    isLoaded = true
    // A login may have come first.
    if (held === undefined && stored !== undefined && !isExpired(stored, clock.now())) held = stored
  }

  const adopt = async (grant: TokenGrant): Promise<HeldToken> => {
    const mine: HeldToken = grant
    held = mine
    isLoaded = true
    const endMs = expiresAtMs(grant.life)
    log.info('logged in to vault', {
      vault,
      as: grant.life.displayName,
      until: endMs === undefined ? undefined : formatUtc(endMs),
    })
    await store.save(grant)
    return mine
  }

  const logIn = async (isAsked: boolean): Promise<HeldToken> => {
    const started = generation
    let grant: TokenGrant
    try {
      grant = await method.login(isAsked)
    } catch (error) {
      failures += 1
      rest = { untilMs: clock.uptime() + Math.min(maxRestMs, failureDelayMs(failures, random)), error }
      throw error
    }
    failures = 0
    rest = undefined
    if (started !== generation) throw loginNeeded(vault, 'logged out while the login was under way')
    return adopt(grant)
  }

  const obtain = async (): Promise<HeldToken> => {
    try {
      await load()
    } catch (error) {
      // A locked keychain must not keep an unattended login from working.
      if (!method.isUnattended)
        throw loginNeeded(vault, `the stored token cannot be read: ${describeError(error)}`, error)
      log.warn('the stored vault token cannot be read', { vault, reason: describeError(error) })
    }
    if (held !== undefined && !isExpired(held, clock.now())) return held
    if (!method.isUnattended) throw loginNeeded(vault, held === undefined ? 'not logged in' : 'the login has expired')
    if (rest !== undefined && clock.uptime() < rest.untilMs) throw rest.error
    return logIn(false)
  }

  const current = async (): Promise<HeldToken> => {
    if (isReleased) throw loginNeeded(vault, 'logged out')
    if (held !== undefined && !isExpired(held, clock.now())) return held
    return flight.run('obtain', obtain)
  }

  return {
    current,
    peek: () => held,
    warm: load,
    async login() {
      isReleased = false
      return flight.run('login', () => logIn(true))
    },
    relogin: () => flight.run('obtain', () => logIn(false)),
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
    async update({ token }, life) {
      if (held?.token !== token) return
      held = { token, life }
      await store.save({ token, life })
    },
    async release() {
      await load().catch(() => {})
      const last = held
      held = undefined
      isReleased = true
      generation += 1
      return last
    },
    forget: () => store.forget(),
    storeError: () => store.lastError(),
  }
}
