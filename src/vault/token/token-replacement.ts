import { createSingleFlight } from '../../core/calls/single-flight.ts'
import type { Logger } from '../../core/log.ts'
import { isVaultError, VaultError } from '../vault-error.ts'
import type { SelfCalls } from './self-calls.ts'
import type { HeldToken, TokenHolder } from './token-holder.ts'
import type { TokenLease } from './token-lease.ts'

/**
 * Finds out what a refused token is, and gets the next one.
 * @param rejection what a use of it failed with
 * @throws {VaultError} where the next one needs a person, or the token is good and the call is not allowed
 */
export type ReplaceToken = (held: HeldToken, rejection: VaultError) => Promise<HeldToken>

/** Replaces the tokens of one vault; one at a time, however many of its uses were refused. */
export function createTokenReplacement(
  vault: string,
  holder: TokenHolder,
  calls: SelfCalls,
  log: Logger,
): ReplaceToken {
  const flight = createSingleFlight<HeldToken>()

  const replace = async (held: HeldToken, rejection: VaultError): Promise<HeldToken> => {
    // Another one has taken its place since it was sent.
    if (holder.peek()?.token !== held.token) return holder.current()
    const isKnown = holder.isSuspect(held) && rejection.code === 'VAULT_TOKEN_REJECTED'
    const verdict = isKnown ? 'suspect' : await judge(vault, held, rejection, calls)
    if (!isKnown) log.info(`the vault token is ${verdict}`, { vault, reason: rejection.message })
    return verdict === 'invalid' ? holder.replace(held) : holder.suspect(held)
  }

  return (held, rejection) => flight.run('replace', () => replace(held, rejection))
}

/**
 * What a refused token is: `invalid` where the server says so itself, or `suspect` where it says the same about a dead
 * token, a network that is not allowed, and a disabled entity (docs/adr/0027).
 * @param rejection what a use of it failed with
 * @throws {VaultError} VAULT_DENIED: the token is good, and the call is not allowed; or why it cannot be found out now
 */
async function judge(
  vault: string,
  held: HeldToken,
  rejection: VaultError,
  calls: SelfCalls,
): Promise<'invalid' | 'suspect'> {
  if (rejection.code === 'VAULT_TOKEN_INVALID') return 'invalid'
  // Asking would spend a use.
  if (held.lease?.isLimited === true) return 'suspect'
  try {
    await calls.lookUp(held)
  } catch (error) {
    if (isVaultError(error, 'VAULT_TOKEN_INVALID')) return 'invalid'
    if (isVaultError(error, 'VAULT_TOKEN_REJECTED')) return 'suspect'
    if (!isVaultError(error, 'VAULT_DENIED')) throw error
  }
  throw new VaultError('VAULT_DENIED', `vault ${vault}: the call is refused, although the token is good`, {
    cause: rejection,
    status: rejection.status,
    hint: 'try again: its network or its entity may have been allowed meanwhile; if not, ask the operator of the vault',
  })
}

/** What a look-up of the held token has led to. */
export type LookUpOutcome =
  | { type: 'taken'; lease: TokenLease }
  /** It may not look itself up; the server accepts it nonetheless. */
  | { type: 'denied'; error: VaultError }
  /** The server refuses it, and another one is held now. */
  | { type: 'replaced'; error: VaultError }

/**
 * Looks up the held token and notes what the server says about it.
 * @throws {VaultError} where it is refused and the next one needs a person, or the server cannot answer
 */
export async function lookUpHeld(holder: TokenHolder, calls: SelfCalls, held: HeldToken): Promise<LookUpOutcome> {
  try {
    const lease = await calls.lookUp(held)
    await holder.update(held, lease)
    holder.trust(held)
    return { type: 'taken', lease }
  } catch (error) {
    if (isVaultError(error, 'VAULT_DENIED')) {
      holder.trust(held)
      return { type: 'denied', error }
    }
    if (isVaultError(error, 'VAULT_TOKEN_INVALID')) await holder.replace(held)
    else if (isVaultError(error, 'VAULT_TOKEN_REJECTED')) await holder.suspect(held)
    else throw error
    return { type: 'replaced', error }
  }
}

/** True for a refusal of the token itself, rather than of what was asked with it. */
export function isTokenRefused(error: unknown): error is VaultError {
  return isVaultError(error, 'VAULT_TOKEN_REJECTED', 'VAULT_TOKEN_INVALID')
}
