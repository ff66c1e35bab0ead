import { silentLogger } from '../../src/core/log.ts'
import type { Secret } from '../../src/core/secret.ts'
import type { Clock } from '../../src/core/time/clock.ts'
import { type Keychain, KeychainError, type LastingKeychain } from '../../src/keychain/keychain.ts'
import { createLastingKeychain } from '../../src/keychain/lasting-keychain.ts'

export interface StubKeychain extends Keychain {
  /** From now on every call fails, or works again. */
  lock(): void
  unlock(): void
  /** Only writing fails. */
  makeReadOnly(): void
  /** The names of the items that were read. */
  readonly reads: readonly string[]
}

/** A keychain in memory that can be locked. */
export function stubKeychain(): StubKeychain {
  const items = new Map<string, Secret<string>>()
  const reads: string[] = []
  let isLocked = false
  let isReadOnly = false
  const open = async (writes = false) => {
    if (isLocked || (writes && isReadOnly)) throw new KeychainError('KEYCHAIN_LOCKED', 'the keychain is locked')
  }
  return {
    description: 'stub',
    reads,
    lock() {
      isLocked = true
    },
    unlock() {
      isLocked = false
      isReadOnly = false
    },
    makeReadOnly() {
      isReadOnly = true
    },
    async get(name) {
      await open()
      reads.push(name)
      return items.get(name)
    },
    async set(name, value) {
      await open(true)
      items.set(name, value)
    },
    async delete(name) {
      await open(true)
      return items.delete(name)
    },
    async list() {
      await open()
      return [...items.keys()].sort()
    },
  }
}

/** A keychain as the daemon has it, whose pauses have no jitter. */
export function lasting(keychain: Keychain, clock: Clock): LastingKeychain {
  return createLastingKeychain({ keychain, clock, random: () => 0, log: silentLogger })
}
