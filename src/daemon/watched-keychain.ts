import { createLastOutcome } from '../core/renewal/last-outcome.ts'
import type { Clock } from '../core/time/clock.ts'
import { type CallsOf, decorated } from '../keychain/decorated.ts'
import type { Keychain } from '../keychain/keychain.ts'

/** A keychain that remembers how its last call ended, for the status. */
export interface WatchedKeychain extends Keychain {
  /** The error of the last call; undefined after a success. */
  lastError(): unknown
}

/** Records the outcome of each call to `keychain`, and changes nothing else. */
export function watchKeychain(keychain: Keychain, clock: Clock): WatchedKeychain {
  const outcome = createLastOutcome(clock)
  return decorated<CallsOf<WatchedKeychain>>(keychain, {
    get: (name) => outcome.note(() => keychain.get(name)),
    set: (name, value) => outcome.note(() => keychain.set(name, value)),
    delete: (name) => outcome.note(() => keychain.delete(name)),
    list: () => outcome.note(() => keychain.list()),
    lastError: outcome.error,
  })
}
