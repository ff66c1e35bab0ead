import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { VaultError } from '../vault-error.ts'
import { expiresAtMs, type TokenLease } from './token-lease.ts'

/** The token in use. */
export interface HeldToken {
  token: Secret<string>
  /** Unknown for a token that was found and not looked up yet. */
  lease: TokenLease | undefined
}

/** Owns the token of one vault: where it comes from, and whether there is one. It makes no plans. */
export interface TokenHolder {
  /**
   * The token to use now. Where there is none and no person is needed, logs in. A suspect token comes back now and then,
   * to be tried.
   * @throws {VaultError} VAULT_LOGIN_NEEDED, or what the login failed with
   */
  current(): Promise<HeldToken>
  /** What is held, whether it has expired, is suspect or neither; asks nobody. */
  peek(): HeldToken | undefined
  /** Takes up another token where there is one; never fails, asks no server and no person. Absent: only we replace it. */
  peekAgain?(): Promise<void>
  /** Calls `run` whenever others have replaced the token. */
  onReplaced(run: () => void): void
  /** Takes up what is there without asking a server or a person, so that there is something to show. */
  warm(): Promise<void>
  /** A new token, because a person wants it. */
  login(): Promise<HeldToken>
  /** A new token where that needs no person, while the present one is still good. */
  relogin(): Promise<HeldToken>
  /** Drops a token that the server has called invalid, for the one that comes after it. @throws as `current` */
  replace(invalid: HeldToken): Promise<HeldToken>
  /** Keeps a refused token without trusting it, and takes another where there is one. @throws as `current` */
  suspect(refused: HeldToken): Promise<HeldToken>
  /** The server has accepted this token. */
  trust(held: HeldToken): void
  isSuspect(held: HeldToken): boolean
  /** When the suspect token is to be tried next, in wall-clock ms. */
  nextTryMs(): number
  /** Notes what is now known of a token's lease, where that token is still the one in use. */
  update(held: HeldToken, lease: TokenLease): Promise<void>
  /** Holds nothing from now on, until `login`; resolves to what was held. */
  release(): Promise<HeldToken | undefined>
  /** Forgets what was stored. @throws {KeychainError} */
  forget(): Promise<void>
  /** What the keychain failed with, where that has not been made good. */
  storeError(): unknown
}

/** Whether a token has come to its end; one whose lease is not known has not. */
export function isExpired({ lease }: HeldToken, nowMs: number): boolean {
  return lease !== undefined && (expiresAtMs(lease) ?? Number.POSITIVE_INFINITY) <= nowMs
}

/** The error where only a person can get the next token. @param reason why there is none */
export function loginNeeded(vault: string, reason: string, cause?: unknown): VaultError {
  return new VaultError('VAULT_LOGIN_NEEDED', `vault ${vault}: ${reason}`, {
    cause,
    hint: `run: latchkey login ${shellWord(vault)}`,
  })
}

/** The error where nothing is held, or what is held has ended. */
export function missing(vault: string, held: HeldToken | undefined): VaultError {
  return loginNeeded(vault, held === undefined ? 'not logged in' : 'the login has expired')
}

/** The outcome of a login that a logout has overtaken. */
export function loggedOut(vault: string): VaultError {
  return loginNeeded(vault, 'logged out while the login was under way')
}

/** The error where the server refuses a token, and does not say why. @param what the token, in words */
export function tokenRefused(vault: string, what: string, renew: string): VaultError {
  const message = `vault ${vault}: the server refuses ${what}: login needed, or this network is not allowed`
  return new VaultError('VAULT_LOGIN_NEEDED', message, {
    hint: `${renew}; if logins are bound to networks, go back to an allowed one: the token is tried again automatically`,
  })
}
