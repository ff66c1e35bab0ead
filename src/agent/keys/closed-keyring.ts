import { AgentError } from '../agent-error.ts'
import type { Identity } from './key-store.ts'
import type { Keyring } from './keyring.ts'

/** The same array each time: see `IdentityLists`. */
const none: readonly Identity[] = []

/** A keyring that holds no key and takes none: for connections that only see what was configured for them. */
export const closedKeyring: Keyring = {
  name: 'no keys of ssh-add',
  isAdded: true,
  isFor: () => true,
  hostsOf: () => undefined,
  confirmOf: () => 'never',
  objection: () => undefined,
  uses: () => undefined,
  isShownTo: () => true,
  identities: () => none,
  expected: () => none,
  signer: () => undefined,
  add() {
    throw new AgentError('KEYRING_CLOSED', 'keys are added by the socket of the whole agent, not by this one')
  },
  remove: () => false,
  removeAll() {},
  describe: () => [],
}
