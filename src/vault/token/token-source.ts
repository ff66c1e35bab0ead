import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import { createSingleFlight } from '../../core/single-flight.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import type { PromptCaller, Prompts } from '../../prompts/prompt.ts'
import { createSharedLogin } from '../../prompts/shared-login.ts'
import type { VaultClient } from '../client.ts'
import { type LoginMethod, loginTopic } from '../login/login-method.ts'
import { isTransient, isVaultError, VaultError } from '../vault-error.ts'
import { createTokenHolder } from './create-token-holder.ts'
import { createSelfCalls } from './self-calls.ts'
import { type HeldToken, isExpired, loggedOut, loginNeeded } from './token-holder.ts'
import { expiresAtMs } from './token-lease.ts'
import { createTokenRenewal } from './token-renewal.ts'

/** Who a token is for. */
export interface LoginSummary {
  displayName: string
  policies: readonly string[]
  /** Absent for a token that does not expire. */
  expiresAtMs?: number
}

/** What can be shown of a token without asking anyone. */
export interface TokenStatus {
  /** `idle`: nobody has needed it yet; the login then needs no person. */
  state: 'logged-in' | 'idle' | 'logged-out'
  /** Absent where it is not known, or never. */
  expiresAtMs?: number
  lastError?: unknown
}

/** The token of one vault, and everything that keeps it good. */
export interface TokenSource {
  /**
   * A token to use now; logs in by itself where that needs no person, and never asks one.
   * @throws {VaultError} VAULT_LOGIN_NEEDED, or what the login failed with
   */
  token(): Promise<Secret<string>>
  /**
   * Runs `use` with a token. Where the server calls the token dead, `use` is run once more with the next token, if
   * there is one without a person.
   * @throws what `use` throws, or as `token`
   */
  withToken<T>(use: (token: Secret<string>) => Promise<T>): Promise<T>
  /**
   * Logs in because a person wants it; may ask through `caller`. Everyone who wants the same login shares one.
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
}

/** What a token source works with. */
export interface TokenSourceDeps {
  client: VaultClient
  method: LoginMethod
  keychain: Keychain
  clock: Clock
  random: () => number
  log: Logger
  prompts: Prompts
}

/** A token source that renews nothing until it is started. */
export function createTokenSource(deps: TokenSourceDeps): TokenSource {
  const { client, method, clock, random, log, prompts } = deps
  const vault = client.name
  const calls = createSelfCalls(client, clock)
  const keeper = createTokenHolder({ ...deps, revoke: calls.revoke })
  const replacements = createSingleFlight<HeldToken>()
  let failure: unknown
  let isLoggedOut = false

  const replaceDead = (held: HeldToken, rejection: VaultError): Promise<HeldToken> =>
    replacements.run('replace', async () => {
      // Asking would spend a use, and the answer is known.
      if (held.lease?.isLimited !== true) await confirmDead(held, rejection)
      log.info('the vault token is dead', { vault })
      return keeper.replace(held)
    })

  const confirmDead = async (held: HeldToken, rejection: VaultError): Promise<void> => {
    try {
      await calls.lookUp(held)
    } catch (error) {
      if (isVaultError(error, 'VAULT_TOKEN_REJECTED')) return
      if (!isVaultError(error, 'VAULT_DENIED')) throw error
    }
    throw new VaultError('VAULT_DENIED', `vault ${vault}: the call is refused, though the token is good`, {
      cause: rejection,
      status: rejection.status,
      hint: 'its entity may be disabled, or bound to other network addresses: ask the operator of the vault',
    })
  }

  const renewal = createTokenRenewal({
    vault,
    keeper,
    calls,
    replaceDead,
    clock,
    random,
    log,
    mayLogIn: method.type === 'login' && method.isUnattended,
    onResult: (error) => {
      failure = error
    },
  })

  /** Notes a failure, for the status. */
  const noting = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call()
    } catch (error) {
      failure = error
      throw error
    } finally {
      renewal.replan()
    }
  }

  const run = async <T>(held: HeldToken, use: (token: Secret<string>) => Promise<T>): Promise<T> => {
    try {
      const result = await use(held.token)
      failure = undefined
      renewal.noteUse(held)
      return result
    } catch (error) {
      if (isTransient(error)) failure = error
      throw withPolicies(error, held)
    }
  }

  const logIn = async (): Promise<LoginSummary> => {
    const held = await keeper.login()
    const lease = held.lease ?? (await lookUpFound(held))
    failure = undefined
    const endMs = expiresAtMs(lease)
    return {
      displayName: lease.displayName,
      policies: lease.policies,
      ...(endMs === undefined ? {} : { expiresAtMs: endMs }),
    }
  }

  const lookUpFound = async (held: HeldToken) => {
    try {
      const lease = await calls.lookUp(held)
      await keeper.update(held, lease)
      return lease
    } catch (error) {
      if (isVaultError(error, 'VAULT_TOKEN_REJECTED')) await keeper.replace(held)
      throw error
    }
  }

  const logins = createSharedLogin<LoginSummary>({ prompts, topic: loginTopic(vault), clock, keepsSuccess: true })

  return {
    token: async () => (await noting(keeper.current)).token,
    async withToken(use) {
      const held = await noting(keeper.current)
      try {
        return await run(held, use)
      } catch (error) {
        if (!isVaultError(error, 'VAULT_TOKEN_REJECTED')) throw error
        return run(await noting(() => replaceDead(held, error)), use)
      }
    },
    async login(caller) {
      if (!method.isUnattended && !caller.mayPrompt) {
        throw loginNeeded(vault, 'a password is needed, and nobody can be asked')
      }
      const summary = await noting(() => logins.run(caller, logIn))
      isLoggedOut = false
      return summary
    },
    async logout() {
      isLoggedOut = true
      logins.abandon(loggedOut(vault))
      const held = await keeper.release()
      renewal.replan()
      const isOurs = method.type === 'login' && held !== undefined && !isExpired(held, clock.now())
      const [forgotten, revoked] = await Promise.allSettled([
        keeper.forget(),
        isOurs && held.lease?.isBatch !== true ? calls.revoke(held) : undefined,
      ])
      failure = undefined
      if (forgotten.status === 'rejected') throw forgotten.reason
      if (revoked.status === 'rejected') throw notRevoked(revoked.reason)
    },
    status() {
      const held = keeper.peek()
      const isHeld = held !== undefined && !isExpired(held, clock.now())
      const endMs = isHeld && held.lease !== undefined ? expiresAtMs(held.lease) : undefined
      const lastError = failure ?? keeper.storeError()
      return {
        state: isHeld
          ? 'logged-in'
          : method.isUnattended && !isLoggedOut && failure === undefined
            ? 'idle'
            : 'logged-out',
        ...(endMs === undefined ? {} : { expiresAtMs: endMs }),
        ...(lastError === undefined ? {} : { lastError }),
      }
    },
    start() {
      renewal.start()
      noting(keeper.warm).catch(() => {})
    },
    stop: renewal.stop,
  }
}

/** Who is denied what is half of the story; which policies the token has is the other. */
function withPolicies(error: unknown, { lease }: HeldToken): unknown {
  if (!isVaultError(error, 'VAULT_DENIED') || lease === undefined) return error
  return new VaultError('VAULT_DENIED', error.message, {
    cause: error,
    status: error.status,
    hint: `${error.hint}; this token has: ${lease.policies.join(', ')}`,
  })
}

function notRevoked(reason: unknown): unknown {
  if (!(reason instanceof VaultError)) return reason
  return new VaultError(reason.code, `the token is forgotten here, but not revoked: ${reason.message}`, {
    cause: reason,
    hint: 'it ends by itself when its time is over; the operator can revoke it before',
  })
}
