import { SshReader } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import type { Identity } from '../keys/key-store.ts'
import { commentBytes, readComment } from './comment.ts'
import { type AgentResponse, messageNumbers } from './messages.ts'

const failureFrame = Buffer.of(0, 0, 0, 1, messageNumbers.failure)
const successFrame = Buffer.of(0, 0, 0, 1, messageNumbers.success)
const extensionFailureFrame = Buffer.of(0, 0, 0, 1, messageNumbers.extensionFailure)

/** Writes one answer as a complete frame, length field included, in one buffer: this runs once per signature. */
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

// A list rarely changes, and every ssh asks for it. An entry is dropped together with its array.
const encodedIdentities = new WeakMap<readonly Identity[], Uint8Array>()

function encodeIdentities(identities: readonly Identity[]): Uint8Array {
  const known = encodedIdentities.get(identities)
  if (known !== undefined) return known
  const size = identities.reduce((sum, identity) => sum + identityBytes(identity), 4)
  const frame = startFrame(messageNumbers.identitiesAnswer, size)
  let offset = frame.writeUInt32BE(identities.length, 5)
  for (const { keyBlob, comment } of identities) {
    offset = writeString(frame, offset, keyBlob)
    offset = writeString(frame, offset, commentBytes(comment))
  }
  encodedIdentities.set(identities, frame)
  return frame
}

/** The size of an identity in an answer, in bytes. */
export function identityBytes({ keyBlob, comment }: Identity): number {
  return 8 + keyBlob.length + commentBytes(comment).length
}

/** @param bodyBytes the length of what follows the message number */
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

/**
 * Reads an answer from another agent, without its length field (RFC 9987 §5).
 * @throws {AgentError} RESPONSE_UNKNOWN for a number that is not that of an answer
 * @throws {SshError} WIRE_…
 */
export function decodeResponse(message: Uint8Array): AgentResponse {
  const reader = new SshReader(message)
  const response = readResponse(reader)
  reader.end()
  return response
}

function readResponse(reader: SshReader): AgentResponse {
  const messageNumber = reader.byte()
  switch (messageNumber) {
    case messageNumbers.failure:
      return { type: 'failure' }
    case messageNumbers.success:
      return { type: 'success' }
    case messageNumbers.identitiesAnswer:
      return { type: 'identities-answer', identities: readIdentities(reader) }
    case messageNumbers.signResponse:
      return { type: 'sign-response', signature: reader.string() }
    case messageNumbers.extensionFailure:
      return { type: 'extension-failure' }
    case messageNumbers.extensionResponse:
      return { type: 'extension-response', name: reader.text(), contents: reader.rest() }
    default:
      throw new AgentError('RESPONSE_UNKNOWN', `message ${messageNumber} is not an answer of an agent`)
  }
}

function readIdentities(reader: SshReader): readonly Identity[] {
  const count = reader.uint32()
  const identities: Identity[] = []
  // Not allocated by the count: an agent may announce four thousand million.
  while (identities.length < count) identities.push({ keyBlob: reader.string(), comment: readComment(reader) })
  return identities
}
