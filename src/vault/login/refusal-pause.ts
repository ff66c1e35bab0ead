import type { Clock } from '../../core/time/clock.ts'
import { isVaultError, VaultError } from '../vault-error.ts'
import { createRetryPause } from './retry-pause.ts'

/** Keeps a login that needs no person from being refused again and again. */
export interface RefusalPause {
  /**
   * To be called before each login.
   * @param isAsked a person wants it: it is tried at once
   * @param key names what is sent without revealing it: where that is new, it is tried at once. Absent: it is not known yet
   * @throws what the server refused the last login with, while the pause after that lasts
   */
  check(isAsked: boolean, key?: string): void
  /** Runs a login and remembers a refusal. */
  guard<T>(login: () => Promise<T>): Promise<T>
}

/** Five wrong secrets lock a role for 15 minutes, so a wrong one is sent once in five; this is for passing failures. */
const longestPauseMs = 60_000

/** @param random uniform in [0, 1) */
export function createRefusalPause(clock: Clock, random: () => number): RefusalPause {
  const pause = createRetryPause(clock, random, longestPauseMs)
  let lastKey: string | undefined

  return {
    check(isAsked, key) {
      if (isAsked || (key !== undefined && key !== lastKey)) pause.clear()
      lastKey = key ?? lastKey
      pause.check()
    },
    async guard(login) {
      try {
        const result = await login()
        pause.clear()
        return result
      } catch (error) {
        if (error instanceof VaultError && isRefusal(error)) pause.failed(error, !isPassing(error))
        throw error
      }
    },
  }
}

/** The server has refused, or would. After a failure on the way the callers make a pause of their own. */
function isRefusal(error: VaultError): boolean {
  if (error.code === 'VAULT_BAD_RESPONSE') return false
  const { status = 500 } = error
  return (
    status < 500 ||
    isVaultError(
      error,
      'VAULT_WRAPPING_TOKEN_INVALID',
      'VAULT_LOGIN_NEEDED',
      'VAULT_LOGIN_FAILED',
      'VAULT_LOGIN_LOCKED',
      'VAULT_MFA_NEEDED',
    )
  )
}

/** These pass without anything being done here: a lock ends, an address is bound, the network is allowed again. */
function isPassing(error: VaultError): boolean {
  return isVaultError(error, 'VAULT_LOGIN_LOCKED', 'VAULT_RATE_LIMITED')
}
