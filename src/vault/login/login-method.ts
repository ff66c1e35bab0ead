import type { Secret } from '../../core/secret.ts'
import type { LeasedToken } from '../token/token-lease.ts'

/** Logs in by itself: the token is ours, to be stored, renewed and revoked. */
export interface LoginRequest {
  type: 'own'
  name: 'userpass' | 'approle'
  /** Who logs in where, such as `userpass/jo`: a stored token of someone else is not taken up. */
  identity: string
  /** True: no person is needed. */
  isUnattended: boolean
  /**
   * Gets a new token, by questions to a person where it is not unattended.
   * @param isAsked a person wants it now: a login that was refused before is tried again
   * @param signal nobody wants it any more: its reason is thrown instead of asking. A request that is on its way is waited
   *   for, so that the token can be revoked
   * @throws {VaultError} VAULT_LOGIN_FAILED, VAULT_LOGIN_LOCKED and others; a PromptError
   */
  login(isAsked: boolean, signal?: AbortSignal): Promise<LeasedToken>
}

/** A token that someone else got and looks after. */
export interface ExternalToken {
  token: Secret<string>
  /** Where it was found: `VAULT_TOKEN`, `/home/jo/.vault-token`, `the token helper`. */
  origin: string
  /** How its owner replaces it, as a hint. */
  renewHint: string
}

/** Uses a token that is there: it is not stored and never revoked. */
export interface TokenFinder {
  type: 'found'
  name: 'token'
  /**
   * Looks for the token.
   * @param isFresh do not use what a token helper said before
   * @throws {VaultError} VAULT_LOGIN_NEEDED when there is none, VAULT_CONFIG when it cannot be read or sent
   */
  find(isFresh: boolean): Promise<ExternalToken>
}

/** How one vault is logged in to. */
export type LoginMethod = LoginRequest | TokenFinder

/** The topic of the questions that a login to this vault asks. */
export function loginTopic(vault: string): string {
  return `vault/${vault}`
}
