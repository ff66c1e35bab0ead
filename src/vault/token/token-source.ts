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
import { createPresentLogin, type PresentLogin } from './present-login.ts'
import { createSelfCalls } from './self-calls.ts'
import { notRevoked, withPolicies } from './token-errors.ts'
import { type HeldToken, isExpired, loggedOut, loginNeeded } from './token-holder.ts'
import { expiresAtMs, type TokenLease } from './token-lease.ts'
import { createTokenRenewal } from './token-renewal.ts'
import { createTokenReplacement, isTokenRefused, lookUpHeld } from './token-replacement.ts'

/** Who a token is for. */
export interface LoginSummary {
  displayName: string
  policies: readonly string[]
  /** Absent for a token that does not expire. */
  expiresAtMs?: number
  /** There is no token: each request logs in. */
  isInline?: true
}

/** What can be shown of a token without asking anyone. */
export interface TokenStatus {
  /** `idle`: nobody has needed it yet; the login then needs no person. `inline`: there is none, each request logs in. */
  state: 'logged-in' | 'idle' | 'inline' | 'logged-out'
  /** Absent where it is not known, or never. */
  expiresAtMs?: number
  lastError?: unknown
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
    return { displayName: lease.displayName, policies: lease.policies, ...endOf(lease) }
  }

  const lookUpFound = async (held: HeldToken): Promise<TokenLease> => {
    const found = await lookUpHeld(holder, calls, held)
    if (found.type === 'taken') return found.lease
    throw found.error
  }

  const logins = createSharedLogin<LoginSummary>({ prompts, topic: loginTopic(vault), clock, keepsSuccess: true })

  return {
    async withAccess(use) {
      const held = await noting(holder.current)
      try {
        return await run(held, use)
      } catch (error) {
        if (!isTokenRefused(error)) throw error
        return run(await noting(() => replaceRefused(held, error)), use)
      }
    },
    ...createPresentLogin(holder, clock),
    async login(caller) {
      if (!method.isUnattended && !caller.mayPrompt) {
        throw loginNeeded(vault, 'a password is needed, and nobody can be asked')
      }
      if (method.type === 'login') await method.prepare?.(caller)
      const summary = await noting(() => logins.run(caller, logIn))
      isLoggedOut = false
      return summary
    },
    async logout() {
      isLoggedOut = true
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
      const held = usable()
      const lastError = outcome.error() ?? holder.storeError()
      const isIdle = method.isUnattended && !isLoggedOut && outcome.failure() === undefined
      return {
        state: held !== undefined ? 'logged-in' : isIdle ? 'idle' : 'logged-out',
        ...(held?.lease !== undefined ? endOf(held.lease) : {}),
        ...(lastError === undefined ? {} : { lastError }),
      }
    },
    start() {
      renewal.start()
      noting(holder.warm).catch(() => {})
    },
    stop: renewal.stop,
    close() {
      isLoggedOut = true
      logins.abandon(loggedOut(vault))
      renewal.stop()
      void holder.release()
    },
  }
}

function endOf(lease: TokenLease): { expiresAtMs?: number } {
  const endMs = expiresAtMs(lease)
  return endMs === undefined ? {} : { expiresAtMs: endMs }
}
