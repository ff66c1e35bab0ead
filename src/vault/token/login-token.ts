import { createSingleFlight } from '../../core/calls/single-flight.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type { LoginRequest } from '../login/login-method.ts'
import { createRetryPause } from '../login/retry-pause.ts'
import { createRetirement } from './retire-token.ts'
import { createSuspicion } from './suspicion.ts'
import {
  type HeldToken,
  isExpired,
  loggedOut,
  loginNeeded,
  missing,
  type TokenHolder,
  tokenRefused,
} from './token-holder.ts'
import { expiresAtMs, type LeasedToken, type TokenLease } from './token-lease.ts'
import type { TokenStore } from './token-store.ts'

/** What the holder of a token from our own logins works with. */
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

/** For this long, in ms, a failed login is not repeated for each ssh that asks. */
const longestPauseMs = 5_000

/** Holds the token of the last login of our own, in memory and in the keychain. */
export function createLoginTokenHolder(deps: LoginTokenDeps): TokenHolder {
  const { vault, method, store, revoke, clock, random, log } = deps
  const flight = createSingleFlight<HeldToken>()
  const suspicion = createSuspicion(clock)
  const pause = createRetryPause(clock, random, longestPauseMs)
  let held: HeldToken | undefined
  let isLoaded = false
  let isReleased = false
  /** Counts logouts: what a login or the keychain brings after one is not used. */
  let generation = 0
  let questions = new AbortController()

  const retire = createRetirement({ vault, revoke, clock, log })

  /** What is held, unless it has ended. */
  const alive = () => (held === undefined || isExpired(held, clock.now()) ? undefined : held)
  const trusted = () => {
    const present = alive()
    return present === undefined || suspicion.isSuspect(present.token) ? undefined : present
  }

  const load = async (): Promise<void> => {
    if (isLoaded) return
    const started = generation
    const stored = await store.load()
    if (started !== generation) return
    isLoaded = true
    // A login may have come first.
    if (held === undefined && stored !== undefined && !isExpired(stored, clock.now())) held = stored
  }

  const adopt = async (mine: LeasedToken): Promise<HeldToken> => {
    const former = held ?? (isLoaded ? undefined : store.load().catch(() => undefined))
    held = mine
    isLoaded = true
    const endMs = expiresAtMs(mine.lease)
    log.info('logged in to vault', {
      vault,
      as: mine.lease.displayName,
      until: endMs === undefined ? undefined : formatUtc(endMs),
    })
    const started = generation
    await save(mine, mine.lease)
    // Not before the new one is stored: whatever happens, one of the two is usable after a restart.
    void Promise.resolve(former).then((token) => retire(token, 'a former vault token is not revoked'))
    if (started !== generation) throw loggedOut(vault)
    return mine
  }

  const save = async ({ token }: HeldToken, lease: TokenLease): Promise<void> => {
    const started = generation
    await store.save({ token, lease })
    // A logout came meanwhile, and its deletion may have come first.
    if (started !== generation) await forget()
  }

  const forget = async (): Promise<void> => {
    await store.forget()
    // A login may have come meanwhile.
    if (held?.lease !== undefined) await store.save({ token: held.token, lease: held.lease })
  }

  /** @param started the generation in which the login was wanted */
  const logIn = async (isAsked: boolean, started: number): Promise<HeldToken> => {
    if (started !== generation) throw loggedOut(vault)
    let mine: LeasedToken
    try {
      mine = await method.login(isAsked, questions.signal)
    } catch (error) {
      if (started === generation) pause.failed(error, false)
      throw error
    }
    if (started !== generation) {
      await retire(mine, 'a vault token that came after the logout is not revoked')
      throw loggedOut(vault)
    }
    pause.clear()
    return adopt(mine)
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
    const present = trusted()
    if (present !== undefined) return present
    const refused = alive()
    try {
      return await next(refused, started)
    } catch (error) {
      // The network may be allowed again, or the identity enabled.
      if (started === generation && refused !== undefined && suspicion.takeTry(refused.token)) return refused
      throw error
    }
  }

  /** The token that follows one that is refused or has ended, or the first. */
  const next = async (refused: HeldToken | undefined, started: number): Promise<HeldToken> => {
    if (method.isUnattended) {
      pause.check()
      return logIn(false, started)
    }
    if (refused !== undefined) throw tokenRefused(vault, 'the token', `run: latchkey login ${shellWord(vault)}`)
    throw missing(vault, held)
  }

  const current = async (): Promise<HeldToken> => {
    if (isReleased) throw loginNeeded(vault, 'logged out')
    return trusted() ?? shared('obtain', obtain)
  }

  /** What was begun before a logout is not joined after it. */
  const shared = (what: string, run: (started: number) => Promise<HeldToken>): Promise<HeldToken> => {
    const started = generation
    return flight.run(`${what} ${started}`, () => run(started))
  }

  return {
    current,
    peek: () => held,
    onReplaced: () => {},
    warm: load,
    async login() {
      isReleased = false
      return shared('login', (started) => logIn(true, started))
    },
    relogin: () => shared('obtain', (started) => logIn(false, started)),
    async replace({ token }) {
      if (held?.token === token) {
        held = undefined
        await store.forget().catch((error: unknown) => {
          log.warn('the keychain still has a dead vault token', { vault, reason: describeError(error) })
        })
      }
      if (held === undefined && !method.isUnattended)
        throw loginNeeded(vault, 'the login has ended: expired, or revoked')
      return current()
    },
    async suspect({ token }) {
      if (held?.token === token) suspicion.mark(token)
      return current()
    },
    trust: ({ token }) => suspicion.clear(token),
    isSuspect: ({ token }) => suspicion.isSuspect(token),
    nextTryMs: suspicion.nextTryMs,
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
