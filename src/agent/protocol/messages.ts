import { Secret } from '../../core/secret.ts'
import { type PrivateKeyFields, readPrivateKeyFields } from '../../ssh/private-key.ts'
import { SshReader } from '../../ssh/wire.ts'
import type { Identity } from '../key-store.ts'
import { type KeyConstraints, readConstraints } from './constraints.ts'

/** The message numbers of RFC 9987 §7.1 and of the SSH1 messages that OpenSSH's clients still send. */
const messageNumbers = {
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
  lock: 22,
  unlock: 23,
  addIdConstrained: 25,
  extension: 27,
  extensionFailure: 28,
  extensionResponse: 29,
} as const

/** What a client asks. Byte fields are views of the message. */
export type AgentRequest =
  | { type: 'request-identities' }
  | { type: 'sign-request'; keyBlob: Uint8Array; data: Uint8Array; flags: number }
  | { type: 'add-identity'; key: PrivateKeyFields; comment: string; constraints: KeyConstraints }
  | { type: 'remove-identity'; keyBlob: Uint8Array }
  | { type: 'remove-all-identities' }
  | { type: 'lock' | 'unlock'; passphrase: Secret<Uint8Array> }
  | { type: 'extension'; name: string; contents: Uint8Array }
  | { type: 'unsupported'; messageNumber: number }

export type AgentResponse =
  | { type: 'failure' }
  | { type: 'success' }
  | { type: 'identities-answer'; identities: readonly Identity[] }
  | { type: 'sign-response'; signature: Uint8Array }
  | { type: 'extension-failure' }
  | { type: 'extension-response'; name: string; contents: Uint8Array }

/**
 * Reads one message without its length field (RFC 9987 §5).
 * A malformed message of a known number is an error, an unknown number is not.
 * @throws {SshError} WIRE_…, KEY_TYPE_UNKNOWN, CERTIFICATE_INVALID
 * @throws {AgentError} CONSTRAINT_…
 */
export function decodeRequest(message: Uint8Array): AgentRequest {
  const reader = new SshReader(message)
  const messageNumber = reader.byte()
  const request = readRequest(messageNumber, reader)
  if (request.type !== 'unsupported') reader.end()
  return request
}

function readRequest(messageNumber: number, reader: SshReader): AgentRequest {
  switch (messageNumber) {
    case messageNumbers.requestIdentities:
      return { type: 'request-identities' }
    case messageNumbers.signRequest:
      return { type: 'sign-request', keyBlob: reader.string(), data: reader.string(), flags: reader.uint32() }
    case messageNumbers.addIdentity:
    case messageNumbers.addIdConstrained:
      // Constraints count wherever they are sent: dropping one would be worse than taking it (docs/PROTOCOL.md P-4).
      return {
        type: 'add-identity',
        key: readPrivateKeyFields(reader),
        comment: readComment(reader),
        constraints: readConstraints(reader),
      }
    case messageNumbers.removeIdentity:
      return { type: 'remove-identity', keyBlob: reader.string() }
    case messageNumbers.removeAllIdentities:
    // `ssh-add -D` sends both numbers and warns when either fails.
    case messageNumbers.removeAllRsaIdentities:
      return { type: 'remove-all-identities' }
    case messageNumbers.lock:
      return { type: 'lock', passphrase: new Secret(reader.string()) }
    case messageNumbers.unlock:
      return { type: 'unlock', passphrase: new Secret(reader.string()) }
    case messageNumbers.extension:
      return { type: 'extension', name: reader.text(), contents: reader.rest() }
    default:
      return { type: 'unsupported', messageNumber }
  }
}

// Comments are file names more often than not, and those need not be UTF-8: they are shown, never compared.
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const readComment = (reader: SshReader) => lenientUtf8.decode(reader.string())

const failureFrame = Buffer.of(0, 0, 0, 1, messageNumbers.failure)
const successFrame = Buffer.of(0, 0, 0, 1, messageNumbers.success)
const extensionFailureFrame = Buffer.of(0, 0, 0, 1, messageNumbers.extensionFailure)

/** Writes one answer as a whole frame, length field included, in one buffer: this runs once per signature. */
export function encodeResponse(response: AgentResponse): Uint8Array {
  switch (response.type) {
    case 'failure':
      return failureFrame
    case 'success':
      return successFrame
    case 'extension-failure':
      return extensionFailureFrame
    case 'sign-response': {
      const frame = startFrame(messageNumbers.signResponse, 4 + response.signature.length)
      writeString(frame, 5, response.signature)
      return frame
    }
    case 'identities-answer':
      return encodeIdentities(response.identities)
    case 'extension-response': {
      const name = Buffer.from(response.name, 'utf8')
      const frame = startFrame(messageNumbers.extensionResponse, 4 + name.length + response.contents.length)
      frame.set(response.contents, writeString(frame, 5, name))
      return frame
    }
  }
}

// A list changes seldom and is asked for by every ssh. It goes with its array.
const encodedIdentities = new WeakMap<readonly Identity[], Uint8Array>()

function encodeIdentities(identities: readonly Identity[]): Uint8Array {
  const known = encodedIdentities.get(identities)
  if (known !== undefined) return known
  const size = identities.reduce((sum, identity) => sum + identityBytes(identity), 4)
  const frame = startFrame(messageNumbers.identitiesAnswer, size)
  let offset = frame.writeUInt32BE(identities.length, 5)
  for (const { keyBlob, comment } of identities) {
    offset = writeString(frame, offset, keyBlob)
    const start = offset + 4
    const length = frame.write(comment, start, 'utf8')
    frame.writeUInt32BE(length, offset)
    offset = start + length
  }
  encodedIdentities.set(identities, frame)
  return frame
}

/** The room that an identity takes in an answer, in bytes. */
export function identityBytes({ keyBlob, comment }: Identity): number {
  return 8 + keyBlob.length + Buffer.byteLength(comment, 'utf8')
}

/** @param bodyBytes what follows the message number */
function startFrame(messageNumber: number, bodyBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(5 + bodyBytes)
  frame.writeUInt32BE(1 + bodyBytes, 0)
  frame[4] = messageNumber
  return frame
}

function writeString(frame: Buffer, offset: number, bytes: Uint8Array): number {
  frame.set(bytes, frame.writeUInt32BE(bytes.length, offset))
  return offset + 4 + bytes.length
}
