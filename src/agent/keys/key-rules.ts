import { type ConfirmPolicy, type Identity, type KeyStore, stricterConfirm } from './key-store.ts'

/** What the stores that have a key say about a use of it. */
export type KeyRules =
  | { type: 'refused'; reason: string }
  /** When a person has to confirm it. */
  | { type: 'allowed'; confirm: ConfirmPolicy }

/** A use of a key, and the stores whose settings count for it. */
export interface RuledUse {
  /** As the client names the key. */
  keyBlob: Uint8Array
  /** What signs. */
  identity: Identity
  store: KeyStore
  /** All there are, also those that the connection may not know of: their settings count all the same. */
  all: readonly KeyStore[]
  /** Why a store forbids the use. */
  whyNot: (store: KeyStore) => string | undefined
}

/** Whether a store has a key that another one signs with. */
export const hasToo = (store: KeyStore, keyBlob: Uint8Array): boolean => store.holds?.(keyBlob) !== undefined

/** The settings of all stores that have a key count, and of two the stricter (docs/PROTOCOL.md P-26). */
export function keyRules({ keyBlob, identity, store, all, whyNot }: RuledUse): KeyRules {
  let confirm: ConfirmPolicy = 'never'
  for (const each of all) {
    if (each !== store && !hasToo(each, keyBlob)) continue
    const reason = whyNot(each)
    if (reason !== undefined) return { type: 'refused', reason }
    confirm = stricterConfirm(confirm, each.confirmOf(identity))
  }
  return { type: 'allowed', confirm }
}
