import { CodedError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'

/** Why a keychain cannot answer. */
export type KeychainErrorCode = 'KEYCHAIN_LOCKED' | 'KEYCHAIN_UNAVAILABLE' | 'KEYCHAIN_CORRUPT' | 'KEYCHAIN_TIMEOUT'

/** A keychain that cannot answer. Never means "no such item": a caller must not treat it as a miss. */
export class KeychainError extends CodedError<KeychainErrorCode> {}

/**
 * The store for what must outlive the daemon. One flat set of named items.
 * Each method rejects with a KeychainError when the store cannot answer.
 */
export interface Keychain {
  /** What a user calls this store: `Secret Service`, `file /path`, `memory`. */
  readonly description: string
  /** What it holds is lost when the daemon ends. */
  readonly endsWithDaemon?: boolean
  /** The item, or undefined when the store answers that there is none. */
  get(name: string): Promise<Secret<string> | undefined>
  /** Stores or replaces an item; it is durable when this resolves. */
  set(name: string, value: Secret<string>): Promise<void>
  /** Removes an item; resolves to whether there was one. */
  delete(name: string): Promise<boolean>
  /** The names of all items, sorted. */
  list(): Promise<readonly string[]>
}

/** A keychain that makes good later what it could not do at once: locked at the time, or not answering. */
export interface LastingKeychain extends Keychain {
  /**
   * As `set`, for what would be lost otherwise. A failure is still thrown, but the item is stored when the keychain answers
   * again, unless it has been set or deleted meanwhile.
   * @param endsAtMs ms since the epoch, after which nobody wants the item any more
   */
  keep(name: string, value: Secret<string>, endsAtMs?: number): Promise<void>
  /** As `delete`, and made good later in the same way. */
  discard(name: string): Promise<void>
  /** Whether a change of this item has failed and waits to be made good. */
  owes(name: string): boolean
}
