import type { KeyObject } from 'node:crypto'
import { decodeCertificate, isSignatureValid, type SshCertificate } from './certificate.ts'
import { type KeyType, keyTypeNamed, keyTypeOfCertificate } from './key-types.ts'
import { ecdsaKeyObject, ed25519KeyObject, rsaKeyObject } from './private-key-object.ts'
import { type PublicKey, type PublicNumbers, publicKeyFromNumbers } from './public-key.ts'
import { equalBytes, SshError, type SshReader } from './wire.ts'

/** The secret numbers of a key, as views of the message that they came in. */
type SecretNumbers =
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

export interface PrivateKey {
  privateKey: KeyObject
  /** The plain key, also of a certificate. */
  publicKey: PublicKey
  /** What an agent lists it by: the certificate, else the plain key. */
  blob: Uint8Array
}

const ed25519SeedBytes = 32

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

/**
 * Makes the key, checking that all its numbers belong together and, with a certificate, that it certifies this key and
 * that its CA's signature holds. The fields stay as they are: `wipePrivateKeyFields` overwrites them.
 * @throws {SshError} KEY_INVALID, CERTIFICATE_OF_ANOTHER_KEY, CERTIFICATE_SIGNATURE_INVALID
 */
export function importPrivateKey(fields: PrivateKeyFields): PrivateKey {
  const { type, certificate } = fields
  const announced =
    fields.numbers === undefined ? certificate!.publicKey : publicKeyFromNumbers(type.name, fields.numbers)
  if (certificate !== undefined) {
    if (!equalBytes(certificate.publicKey.blob, announced.blob)) throw notCertified()
    if (!isSignatureValid(certificate)) {
      throw new SshError('CERTIFICATE_SIGNATURE_INVALID', 'the certificate was not signed by the CA key that it names')
    }
  }
  const { privateKey, publicKey } = toKeyPair(type, announced.numbers, fields.secrets)
  if (!equalBytes(publicKey.blob, announced.blob)) {
    if (certificate !== undefined) throw notCertified()
    throw new SshError('KEY_INVALID', 'the private and the public half of a key do not belong together')
  }
  return { privateKey, publicKey, blob: certificate?.blob ?? publicKey.blob }
}

const notCertified = () =>
  new SshError('CERTIFICATE_OF_ANOTHER_KEY', 'the certificate does not certify the key that it was sent with')

function toKeyPair(
  type: KeyType,
  numbers: PublicNumbers,
  secrets: SecretNumbers,
): { privateKey: KeyObject; publicKey: PublicKey } {
  switch (secrets.family) {
    case 'ed25519':
      return ed25519KeyPair(secrets.secret)
    case 'ecdsa': {
      const { privateKey, point } = ecdsaKeyObject(type.curve!, secrets.d)
      return { privateKey, publicKey: publicKeyFromNumbers(type.name, { family: 'ecdsa', point }) }
    }
    case 'rsa': {
      if (numbers.family !== 'rsa') throw new SshError('KEY_INVALID', 'the numbers of two families are mixed')
      const privateKey = rsaKeyObject({ ...numbers, ...secrets })
      return { privateKey, publicKey: publicKeyFromNumbers(type.name, numbers) }
    }
  }
}

/** The secret is the seed, then the public point once more (draft-miller and OpenSSH alike). */
function ed25519KeyPair(secret: Uint8Array): { privateKey: KeyObject; publicKey: PublicKey } {
  if (secret.length !== 2 * ed25519SeedBytes) {
    throw new SshError('KEY_INVALID', `an Ed25519 secret has ${2 * ed25519SeedBytes} bytes, not ${secret.length}`)
  }
  const { privateKey, point } = ed25519KeyObject(secret.subarray(0, ed25519SeedBytes))
  if (!equalBytes(point, secret.subarray(ed25519SeedBytes))) {
    throw new SshError('KEY_INVALID', 'the halves of an Ed25519 secret do not belong together')
  }
  return { privateKey, publicKey: publicKeyFromNumbers('ssh-ed25519', { family: 'ed25519', point }) }
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
