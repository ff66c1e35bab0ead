import { Secret } from '../../core/secret.ts'
import { readPrivateKeyFields, writePrivateKeyFields } from '../../ssh/private-key.ts'
import { SshReader, SshWriter } from '../../ssh/wire.ts'
import { commentBytes, readComment } from './comment.ts'
import { hasConstraints, readConstraints, writeConstraints } from './constraints.ts'
import { readSkKey, readTokenProvider } from './hardware-requests.ts'
import { type AgentRequest, messageNumbers } from './messages.ts'

/**
 * Reads one message without its length field (RFC 9987 §5).
 * A malformed message with a known number is an error; an unknown number is not.
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
    case messageNumbers.addIdConstrained: {
      const contents = reader.rest()
      const keyBlob = readSkKey(contents)
      if (keyBlob === undefined) return readAdd(new SshReader(contents))
      const isConstrained = messageNumber === messageNumbers.addIdConstrained
      return { type: 'add-sk-key', keyBlob, contents: new Secret(contents), isConstrained }
    }
    case messageNumbers.addSmartcardKey:
    case messageNumbers.addSmartcardKeyConstrained: {
      const contents = reader.rest()
      const isConstrained = messageNumber === messageNumbers.addSmartcardKeyConstrained
      const provider = readTokenProvider(contents)
      return { type: 'add-token', provider, contents: new Secret(contents), isConstrained }
    }
    case messageNumbers.removeSmartcardKey: {
      const contents = reader.rest()
      return { type: 'remove-token', provider: readTokenProvider(contents), contents: new Secret(contents) }
    }
    case messageNumbers.removeIdentity:
      return { type: 'remove-identity', keyBlob: reader.string() }
    case messageNumbers.removeAllIdentities:
    // `ssh-add -D` sends both numbers and warns if either fails.
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

/** Constraints count in either message: dropping one would be worse than accepting it (docs/PROTOCOL.md P-4). */
function readAdd(reader: SshReader): AgentRequest {
  return {
    type: 'add-identity',
    key: readPrivateKeyFields(reader),
    comment: readComment(reader),
    constraints: readConstraints(reader),
  }
}

/** What a client can ask. */
export type EncodableRequest = Exclude<AgentRequest, { type: 'unsupported' }>

/**
 * Writes one request as a complete frame, length field included, the way OpenSSH's clients do. Everything is copied into
 * it, secrets too: the caller overwrites the frame once it has been sent.
 */
export function encodeRequest(request: EncodableRequest): Uint8Array {
  const message = messageOf(request).bytes()
  const frame = new SshWriter().string(message).bytes()
  // The frame is the only copy that the caller can overwrite.
  message.fill(0)
  return frame
}

function messageOf(request: EncodableRequest): SshWriter {
  const message = (number: number) => new SshWriter().byte(number)
  switch (request.type) {
    case 'request-identities':
      return message(messageNumbers.requestIdentities)
    case 'sign-request':
      return message(messageNumbers.signRequest).string(request.keyBlob).string(request.data).uint32(request.flags)
    case 'add-identity': {
      const { key, comment, constraints } = request
      const number = hasConstraints(constraints) ? messageNumbers.addIdConstrained : messageNumbers.addIdentity
      return writeConstraints(writePrivateKeyFields(message(number), key).string(commentBytes(comment)), constraints)
    }
    case 'add-sk-key': {
      const { addIdentity, addIdConstrained } = messageNumbers
      return message(request.isConstrained ? addIdConstrained : addIdentity).raw(request.contents.expose())
    }
    case 'add-token': {
      const { addSmartcardKey, addSmartcardKeyConstrained } = messageNumbers
      return message(request.isConstrained ? addSmartcardKeyConstrained : addSmartcardKey).raw(
        request.contents.expose(),
      )
    }
    case 'remove-token':
      return message(messageNumbers.removeSmartcardKey).raw(request.contents.expose())
    case 'remove-identity':
      return message(messageNumbers.removeIdentity).string(request.keyBlob)
    case 'remove-all-identities':
      return message(messageNumbers.removeAllIdentities)
    case 'lock':
      return message(messageNumbers.lock).string(request.passphrase.expose())
    case 'unlock':
      return message(messageNumbers.unlock).string(request.passphrase.expose())
    case 'extension':
      return message(messageNumbers.extension).string(request.name).raw(request.contents)
  }
}
