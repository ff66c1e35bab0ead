import { createSingleFlight } from '../../core/calls/single-flight.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { VaultClient } from '../client.ts'
import type { InlineMethod } from '../login/login-method.ts'
import { isTransient, isVaultError, VaultError } from '../vault-error.ts'
import { loggedOut, loginNeeded } from './token-holder.ts'
import type { LoginSummary, TokenSource } from './token-source.ts'

/** What logs in with each request works with. */
export interface InlineSourceDeps {
  client: VaultClient
  method: InlineMethod
  clock: Clock
}

/** A token source without a token: nothing is stored, renewed or revoked (docs/adr/0050). */
export function createInlineSource({ client, method, clock }: InlineSourceDeps): TokenSource {
  const vault = client.name
  const outcome = createLastOutcome(clock)
  const flight = createSingleFlight<LoginSummary>()
  let isLoggedOut = false

  /** Notes what the login has come to, for the status. What was asked with it is for the caller. */
  const noting = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      const result = await call()
      outcome.succeeded()
      return result
    } catch (error) {
      if (isAboutLogin(error)) outcome.failed(error)
      else outcome.succeeded()
      throw error
    }
  }

  const tryLogin = async (): Promise<LoginSummary> => {
    const displayName = await noting(() =>
      method.attempt(true, async (inline, name) => {
        await client
          .request({
            method: 'GET',
            path: 'auth/token/lookup-self',
            purpose: { type: 'token', operation: 'look up' },
            inline,
          })
          .catch(unlessLoggedIn)
        return name
      }),
    )
    return { displayName, policies: [], isInline: true }
  }

  return {
    async withAccess(use) {
      if (isLoggedOut) throw loginNeeded(vault, 'logged out')
      return noting(() => method.attempt(false, (inline) => use({ inline })))
    },
    isOfPresentLogin: () => true,
    look: () => undefined,
    onReplaced: () => {},
    async login() {
      isLoggedOut = false
      const summary = await flight.run('login', tryLogin)
      if (isLoggedOut) throw loggedOut(vault)
      return summary
    },
    tellNeed: () => false,
    async logout() {
      isLoggedOut = true
      outcome.succeeded()
    },
    status() {
      const lastError = outcome.error()
      return { state: isLoggedOut ? 'logged-out' : 'inline', ...(lastError === undefined ? {} : { lastError }) }
    },
    start() {},
    stop() {},
    close() {
      isLoggedOut = true
    },
  }
}

/** Nothing to log in with, a refused login, or no server to log in to. */
function isAboutLogin(error: unknown): boolean {
  return !(error instanceof VaultError) || error.isOfLogin || error.status === undefined || isTransient(error)
}

/** The token of such a login is not stored, so that it cannot be looked up: the refusal of that is the proof of the login. */
function unlessLoggedIn(error: unknown): void {
  if (error instanceof VaultError && !error.isOfLogin && isVaultError(error, 'VAULT_TOKEN_INVALID', 'VAULT_DENIED'))
    return
  throw error
}
