import type { Secret } from '../../core/secret.ts'
import type { PrivateKeyFields } from '../../ssh/private-key.ts'
import type { Identity } from '../keys/key-store.ts'
import type { KeyConstraints } from './constraints.ts'

/** The message numbers of RFC 9987 §7.1 and of the SSH1 messages that OpenSSH's clients still send. */
export const messageNumbers = {
  failure: 5,
  success: 6,
  removeAllRsaIdentities: 9,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
  addIdentity: 17,
  removeIdentity: 18,
  removeAllIdentities: 19,
  addSmartcardKey: 20,
  removeSmartcardKey: 21,
  lock: 22,
  unlock: 23,
  addIdConstrained: 25,
  addSmartcardKeyConstrained: 26,
  extension: 27,
  extensionFailure: 28,
  extensionResponse: 29,
} as const

/** Keys whose private half stays in hardware: in a FIDO token, or in one that a PKCS #11 library drives. */
export const hardwareKinds = ['sk', 'pkcs11'] as const
/** One of them. */
export type HardwareKind = (typeof hardwareKinds)[number]

/**
 * What a client asks about such keys. Another agent has to do it: `contents` is what follows the number of the message, as it
 * came, with the constraints that only that agent can keep.
 */
export type HardwareRequest =
  | { type: 'add-sk-key'; keyBlob: Uint8Array; contents: Secret<Uint8Array>; isConstrained: boolean }
  /** `provider` is the path of a PKCS #11 library; the contents have a PIN. */
  | { type: 'add-token'; provider: Uint8Array; contents: Secret<Uint8Array>; isConstrained: boolean }
  | { type: 'remove-token'; provider: Uint8Array; contents: Secret<Uint8Array> }

/** What a client asks. Byte fields are views of the message. */
export type AgentRequest =
  | { type: 'request-identities' }
  | { type: 'sign-request'; keyBlob: Uint8Array; data: Uint8Array; flags: number }
  | { type: 'add-identity'; key: PrivateKeyFields; comment: string; constraints: KeyConstraints }
  | HardwareRequest
  | { type: 'remove-identity'; keyBlob: Uint8Array }
  | { type: 'remove-all-identities' }
  | { type: 'lock' | 'unlock'; passphrase: Secret<Uint8Array> }
  | { type: 'extension'; name: string; contents: Uint8Array }
  | { type: 'unsupported'; messageNumber: number }

/** What an agent answers. Byte fields are views of the message. */
export type AgentResponse =
  | { type: 'failure' }
  | { type: 'success' }
  | { type: 'identities-answer'; identities: readonly Identity[] }
  | { type: 'sign-response'; signature: Uint8Array }
  | { type: 'extension-failure' }
  | { type: 'extension-response'; name: string; contents: Uint8Array }
