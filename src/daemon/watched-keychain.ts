import type { Keychain } from '../keychain/keychain.ts'

/** A keychain that remembers how its last call ended, for the status. */
export interface WatchedKeychain extends Keychain {
  /** What the last call failed with; undefined after a success. */
  lastError(): unknown
}

export function watchKeychain(keychain: Keychain): WatchedKeychain {
  let failure: unknown
  const noting = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const result = await call
      failure = undefined
      return result
    } catch (error) {
      failure = error
      throw error
    }
  }
  return {
    get description() {
      return keychain.description
    },
    get: (name) => noting(keychain.get(name)),
    set: (name, value) => noting(keychain.set(name, value)),
    delete: (name) => noting(keychain.delete(name)),
    list: () => noting(keychain.list()),
    lastError: () => failure,
  }
}
