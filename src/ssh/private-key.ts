import type { KeyObject } from 'node:crypto'
import { certificateValidity, decodeCertificate, isSignatureValid, type SshCertificate } from './certificate.ts'
import type { KeyType, PrivateFields } from './keys/key-type.ts'
import { keyTypeNamed, keyTypeOfCertificate } from './keys/key-types.ts'
import { type PublicKey, publicFieldsOf, publicKeyOf } from './public-key.ts'
import { equalBytes, SshError, type SshReader, type SshWriter } from './wire.ts'

/** A private key on the wire (RFC 9987 §5.2, PROTOCOL.agent), split into its fields and not yet checked. */
export interface PrivateKeyFields {
  type: KeyType
  /** Present when the key was sent with its certificate. */
  certificate: SshCertificate | undefined
  /** `wipe` overwrites the secret numbers in the message that they came in. */
  fields: PrivateFields
}

/** A key that has been checked and may sign. */
export interface PrivateKey {
  privateKey: KeyObject
  /** The plain key, even if there is a certificate. */
  publicKey: PublicKey
  /** What an agent lists: the certificate, else the plain key. */
  blob: Uint8Array
  /** When its certificate ends, in ms since the epoch; absent where there is none, or where it never ends. */
  notAfterMs?: number | undefined
}

/**
 * Reads the type name and the fields of a private key, but not what follows them.
 * @throws {SshError} KEY_TYPE_UNKNOWN (FIDO keys too: they have no private numbers), CERTIFICATE_INVALID, KEY_INVALID,
 *   WIRE_…
 */
export function readPrivateKeyFields(reader: SshReader): PrivateKeyFields {
  const name = reader.text()
  const certified = keyTypeOfCertificate(name)
  const type = certified ?? keyTypeNamed(name)
  const { privateKeys } = type
  if (privateKeys === undefined) throw new SshError('KEY_TYPE_UNKNOWN', `keys of type ${type.name} are not held here`)
  const certificate = certified === undefined ? undefined : decodeCertificate(reader.string())
  if (certificate !== undefined && certificate.type !== name) {
    throw new SshError('CERTIFICATE_INVALID', `a certificate of type ${certificate.type} was announced as ${name}`)
  }
  return { type, certificate, fields: privateKeys.read(reader, certificate !== undefined) }
}

/** Writes what `readPrivateKeyFields` reads. */
export function writePrivateKeyFields(writer: SshWriter, { type, certificate, fields }: PrivateKeyFields): SshWriter {
  if (certificate === undefined) writer.string(type.name)
  else writer.string(certificate.type).string(certificate.blob)
  return fields.write(writer)
}

/**
 * Makes the key. Checks that all its numbers belong together and that its certificate, if there is one, certifies this
 * key and has a valid signature of its CA.
 * @throws {SshError} KEY_INVALID, CERTIFICATE_OF_ANOTHER_KEY, CERTIFICATE_SIGNATURE_INVALID
 */
export function importPrivateKey({ type, certificate, fields }: PrivateKeyFields): PrivateKey {
  // If the key was sent without them, its certificate has them.
  const publicFields = fields.publicFields ?? publicFieldsOf(certificate!.publicKey)
  const announced = publicKeyOf(type, publicFields)
  if (certificate !== undefined) {
    if (!equalBytes(certificate.publicKey.blob, announced.blob)) throw notCertified()
    if (!isSignatureValid(certificate)) {
      throw new SshError('CERTIFICATE_SIGNATURE_INVALID', 'the certificate was not signed by the CA key that it names')
    }
  }
  const key = fields.toKey(publicFields)
  const publicKey = publicKeyOf(type, key.publicFields)
  if (!equalBytes(publicKey.blob, announced.blob)) {
    if (certificate !== undefined) throw notCertified()
    throw new SshError('KEY_INVALID', 'the private and the public half of a key do not belong together')
  }
  const plain = { privateKey: key.privateKey, publicKey, blob: publicKey.blob }
  if (certificate === undefined) return plain
  return { ...plain, blob: certificate.blob, notAfterMs: certificateValidity(certificate).notAfterMs }
}

const notCertified = () =>
  new SshError('CERTIFICATE_OF_ANOTHER_KEY', 'the certificate does not certify the key that it was sent with')
