import { decodeCertificate, type SshCertificate } from './certificate.ts'
import { type KeyType, keyTypeNamed, keyTypeOfCertificate } from './key-types.ts'
import type { PublicNumbers } from './public-key.ts'
import { SshError, type SshReader, type SshWriter } from './wire.ts'

/** The secret numbers of a key, as views of the message that they came in. */
export type SecretNumbers =
  | { family: 'ed25519'; secret: Uint8Array }
  | { family: 'ecdsa'; d: Uint8Array }
  | { family: 'rsa'; d: Uint8Array; iqmp: Uint8Array; p: Uint8Array; q: Uint8Array }

/** A private key on the wire (RFC 9987 §5.2, PROTOCOL.agent), cut into its fields and not yet checked. */
export interface PrivateKeyFields {
  type: KeyType
  /** Present when the key was sent with its certificate, which then holds the public numbers too. */
  certificate: SshCertificate | undefined
  /** Absent where the certificate alone holds them: ECDSA and RSA. */
  numbers: PublicNumbers | undefined
  secrets: SecretNumbers
}

/**
 * Reads the type name and the fields of a private key, and not what follows them.
 * @throws {SshError} KEY_TYPE_UNKNOWN (FIDO keys too: they have no private numbers), CERTIFICATE_INVALID, WIRE_…
 */
export function readPrivateKeyFields(reader: SshReader): PrivateKeyFields {
  const name = reader.text()
  const certified = keyTypeOfCertificate(name)
  const type = certified ?? keyTypeNamed(name)
  if (type.isSecurityKey) throw new SshError('KEY_TYPE_UNKNOWN', `keys of type ${type.name} are not held here`)
  const certificate = certified === undefined ? undefined : decodeCertificate(reader.string())
  if (certificate !== undefined && certificate.type !== name) {
    throw new SshError('CERTIFICATE_INVALID', `a certificate of type ${certificate.type} was announced as ${name}`)
  }
  const numbers = readPublicNumbers(reader, type, certificate !== undefined)
  return { type, certificate, numbers, secrets: readSecretNumbers(reader, type) }
}

function readPublicNumbers(reader: SshReader, type: KeyType, isCertified: boolean): PublicNumbers | undefined {
  switch (type.family) {
    case 'ed25519':
      // The exception: the point is sent again after a certificate.
      return { family: 'ed25519', point: reader.string() }
    case 'ecdsa': {
      if (isCertified) return undefined
      if (reader.text() !== type.curve!.sshName) {
        throw new SshError('KEY_INVALID', `the curve does not belong to ${type.name}`)
      }
      return { family: 'ecdsa', point: reader.string() }
    }
    case 'rsa': {
      if (isCertified) return undefined
      // n before e, unlike in the public blob (RFC 9987 §5.2.4).
      const n = reader.mpint()
      return { family: 'rsa', n, e: reader.mpint() }
    }
  }
}

function readSecretNumbers(reader: SshReader, type: KeyType): SecretNumbers {
  switch (type.family) {
    case 'ed25519':
      return { family: 'ed25519', secret: reader.string() }
    case 'ecdsa':
      return { family: 'ecdsa', d: reader.mpint() }
    case 'rsa':
      return { family: 'rsa', d: reader.mpint(), iqmp: reader.mpint(), p: reader.mpint(), q: reader.mpint() }
  }
}

/** Writes what `readPrivateKeyFields` reads. */
export function writePrivateKeyFields(writer: SshWriter, fields: PrivateKeyFields): SshWriter {
  const { type, certificate, numbers, secrets } = fields
  if (certificate === undefined) writer.string(type.name)
  else writer.string(certificate.type).string(certificate.blob)
  if (numbers !== undefined) writePublicNumbers(writer, type, numbers)
  switch (secrets.family) {
    case 'ed25519':
      return writer.string(secrets.secret)
    case 'ecdsa':
      return writer.mpint(secrets.d)
    case 'rsa':
      return writer.mpint(secrets.d).mpint(secrets.iqmp).mpint(secrets.p).mpint(secrets.q)
  }
}

function writePublicNumbers(writer: SshWriter, type: KeyType, numbers: PublicNumbers): void {
  switch (numbers.family) {
    case 'ed25519':
      writer.string(numbers.point)
      break
    case 'ecdsa':
      writer.string(type.curve!.sshName).string(numbers.point)
      break
    case 'rsa':
      writer.mpint(numbers.n).mpint(numbers.e)
      break
  }
}

/** Overwrites the secret numbers where they lie, in the message that they came in. */
export function wipePrivateKeyFields({ secrets }: PrivateKeyFields): void {
  switch (secrets.family) {
    case 'ed25519':
      secrets.secret.fill(0)
      break
    case 'ecdsa':
      secrets.d.fill(0)
      break
    case 'rsa':
      for (const number of [secrets.d, secrets.iqmp, secrets.p, secrets.q]) number.fill(0)
      break
  }
}
