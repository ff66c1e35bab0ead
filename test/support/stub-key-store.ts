import type { KeyStore } from '../../src/agent/keys/key-store.ts'

/** A store of no keys, for every host and every connection. @param answers what is otherwise */
export function stubKeyStore(answers: Partial<KeyStore> = {}): KeyStore {
  return {
    name: 'a store',
    isAdded: false,
    isFor: () => true,
    hostsOf: () => undefined,
    confirmOf: () => 'never',
    objection: () => undefined,
    uses: () => undefined,
    isShownTo: () => true,
    identities: () => [],
    expected: () => [],
    signer: () => undefined,
    ...answers,
  }
}
