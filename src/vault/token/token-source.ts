import type { Logger } from '../../core/log.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import { type PromptCaller, PromptError, type Prompts } from '../../prompts/prompt.ts'
import { createSharedLogin } from '../../prompts/shared-login.ts'
import { inBackground } from '../circuit.ts'
import type { VaultClient } from '../client.ts'
import type { Access } from '../inline-login.ts'
import { loginTopic, type TokenMethod } from '../login/login-method.ts'
import { checkServer } from '../server-check.ts'
import { isTransient, isVaultError } from '../vault-error.ts'
import { createTokenHolder } from './create-token-holder.ts'
import { createLoginNeed, needsPerson } from './login-need.ts'
import { createPresentLogin, type PresentLogin } from './present-login.ts'
import { createSelfCalls } from './self-calls.ts'
import { notRevoked, withPolicies } from './token-errors.ts'
import { type HeldToken, isExpired, loggedOut, loginNeeded } from './token-holder.ts'
import type { TokenLease } from './token-lease.ts'
import { createTokenRenewal } from './token-renewal.ts'
import { createTokenReplacement, isTokenRefused, lookUpHeld } from './token-replacement.ts'
import { describeToken, endOf, type TokenStatus } from './token-status.ts'

/** Who a token is for. */
export interface LoginSummary {
  displayName: string
  policies: readonly string[]
  /** Absent for a token that does not expire. */
  expiresAtMs?: number
  /** There is no token: each request logs in. */
  isInline?: true
}

/** The token of one vault, and everything that keeps it good. */
export interface TokenSource extends PresentLogin {
  /**
   * Runs `use` with a token; logs in by itself where that needs no person, and never asks one. Where the server refuses the
   * token, `use` is run once more with the next one, if there is one without a person. Where the login goes with each
   * request, `use` gets that instead.
   * @throws what `use` throws; a VaultError VAULT_LOGIN_NEEDED, or what the login failed with
   */
  withAccess<T>(use: (access: Access) => Promise<T>): Promise<T>
  /**
   * Logs in because a person wants it; may ask through `caller`. All who want the same login share one.
   * @throws {VaultError} VAULT_LOGIN_FAILED and others; a PromptError
   */
  login(caller: PromptCaller): Promise<LoginSummary>
  /**
   * Tells the person at the desktop that a login is needed, unless told already. Uses do so by themselves.
   * @param error what a use has failed with
   * @returns false where no login by a person would cure that
   */
  tellNeed(error: unknown): boolean
  /**
   * Uses no token from now on, until the next login. A token of our own is revoked and forgotten, a found one is left
   * as it is.
   * @throws {VaultError} the server could not revoke it; it is forgotten here all the same. A KeychainError
   */
  logout(): Promise<void>
  status(): TokenStatus
  /** Takes up a stored token and renews in the background from now on. */
  start(): void
  stop(): void
  /**
   * Ends for good while the daemon goes on: what is under way is given up, and the token is forgotten here. Server and
   * keychain are not asked: a later source with the same login takes up the stored token.
   */
  close(): void
}

/** What a token source works with. */
export interface TokenSourceDeps {
  client: VaultClient
  method: TokenMethod
  keychain: LastingKeychain
  clock: Clock
  random: () => number
  log: Logger
  prompts: Prompts
  /** Tells the person at the desktop that only a login brings the token back: once, until it is back. */
  tellLoginNeeded: () => void
}

/** A token source that renews nothing until it is started. */
export function createTokenSource(deps: TokenSourceDeps): TokenSource {
  const { client, method, keychain, clock, random, log, prompts } = deps
  const vault = client.name
  const calls = createSelfCalls(client, clock)
  const holder = createTokenHolder({ client, method, keychain, revoke: calls.revoke, clock, random, log })
  const replaceRefused = createTokenReplacement(vault, holder, calls, log)
  /** Of the last use, login or step in the background. */
  const outcome = createLastOutcome(clock)
  const need = createLoginNeed({ clock, tell: deps.tellLoginNeeded })
  let isLoggedOut = false

  const renewal = createTokenRenewal({
    vault,
    holder,
    calls: createSelfCalls(inBackground(client), clock),
    replaceRefused,
    mayLogIn: method.type === 'login' && method.isUnattended,
    outcome,
    clock,
    random,
    log,
  })

  const usable = (): HeldToken | undefined => {
    const held = holder.peek()
    return held === undefined || isExpired(held, clock.now()) || holder.isSuspect(held) ? undefined : held
  }

  /** A person who said no, or nothing, or typed a wrong password, is no failure of the present login. */
  const isOfPerson = (error: unknown): boolean =>
    error instanceof PromptError ||
    (!method.isUnattended && usable() !== undefined && isVaultError(error, 'VAULT_LOGIN_FAILED', 'VAULT_LOGIN_LOCKED'))

  /** Notes a failure, for the status; a token that was obtained is no success until it has been used. */
  const noting = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call()
    } catch (error) {
      if (!isOfPerson(error)) outcome.failed(error)
      throw error
    } finally {
      renewal.replan()
    }
  }

  const run = async <T>(held: HeldToken, use: (access: Access) => Promise<T>): Promise<T> => {
    try {
      const result = await use({ token: held.token })
      outcome.succeeded()
      need.met()
      holder.trust(held)
      renewal.noteUse(held)
      return result
    } catch (error) {
      if (isTransient(error)) outcome.failed(error)
      throw withPolicies(error, held)
    }
  }

  const logIn = async (abandoned: AbortSignal): Promise<LoginSummary> => {
    // Nobody should type a password for a server that is not there.
    if (!method.isUnattended) await checkServer(client)
    abandoned.throwIfAborted()
    const held = await holder.login()
    const lease = held.lease ?? (await lookUpFound(held))
    outcome.succeeded()
    need.met()
    return { displayName: lease.displayName, policies: lease.policies, ...endOf(lease) }
  }

  /** The token for a use. */
  const obtain = async (get: () => Promise<HeldToken>): Promise<HeldToken> => {
    try {
      return await noting(get)
    } catch (error) {
      // After a logout nobody is missing it.
      if (needsPerson(method, error) && !isLoggedOut) need.arises()
      throw error
    }
  }

  const lookUpFound = async (held: HeldToken): Promise<TokenLease> => {
    const found = await lookUpHeld(holder, calls, held)
    if (found.type === 'taken') return found.lease
    throw found.error
  }

  const logins = createSharedLogin<LoginSummary>({ prompts, topic: loginTopic(vault), clock, keepsSuccess: true })

  return {
    async withAccess(use) {
      const held = await obtain(holder.current)
      try {
        return await run(held, use)
      } catch (error) {
        if (!isTokenRefused(error)) throw error
        return run(await obtain(() => replaceRefused(held, error)), use)
      }
    },
    ...createPresentLogin(holder, clock),
    async login(caller) {
      if (!method.isUnattended && !caller.mayPrompt) {
        throw loginNeeded(vault, 'a password is needed, and nobody can be asked')
      }
      const summary = await need.asking(async () => {
        if (method.type === 'login' && method.prepare !== undefined) {
          await noting(() => checkServer(client))
          await method.prepare(caller)
        }
        return await noting(() => logins.run(caller, logIn))
      })
      isLoggedOut = false
      return summary
    },
    tellNeed(error) {
      if (!needsPerson(method, error)) return false
      need.tellNow()
      return true
    },
    async logout() {
      isLoggedOut = true
      need.met()
      logins.abandon(loggedOut(vault))
      const held = await holder.release()
      outcome.succeeded()
      renewal.replan()
      const isOurs = method.type === 'login' && held !== undefined && !isExpired(held, clock.now())
      const [forgotten, revoked] = await Promise.allSettled([
        holder.forget(),
        isOurs && held.lease?.isBatch !== true ? calls.revoke(held) : undefined,
      ])
      outcome.succeeded()
      if (forgotten.status === 'rejected') throw forgotten.reason
      if (revoked.status === 'rejected') throw notRevoked(revoked.reason)
    },
    status() {
      const present = usable()
      const endReason = present === undefined ? undefined : renewal.endReason(present)
      return describeToken({ vault, method, holder, outcome, usable: present, endReason, isLoggedOut })
    },
    start() {
      renewal.start()
      noting(holder.warm).catch(() => {})
    },
    stop() {
      renewal.stop()
      need.stop()
    },
    close() {
      isLoggedOut = true
      need.stop()
      logins.abandon(loggedOut(vault))
      renewal.stop()
      void holder.release()
    },
  }
}
