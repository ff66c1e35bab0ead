import type { Keychain } from './keychain.ts'

type Traits = Pick<Keychain, 'description' | 'endsWithDaemon'>

/** All that a keychain does, without what it says of itself. */
export type CallsOf<K extends Keychain> = Omit<K, keyof Traits>

/** A keychain with the calls of its own, which says of itself what another one does: that may be opened later. */
export function decorated<Calls extends CallsOf<Keychain>>(keychain: Keychain, calls: Calls): Calls & Traits {
  return {
    ...calls,
    get description() {
      return keychain.description
    },
    get endsWithDaemon() {
      return keychain.endsWithDaemon === true
    },
  }
}
