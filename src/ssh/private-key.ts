import type { KeyObject } from 'node:crypto'
import { isSignatureValid } from './certificate.ts'
import type { KeyType } from './key-types.ts'
import type { PrivateKeyFields, SecretNumbers } from './private-key-fields.ts'
import { ecdsaKeyObject, ed25519KeyObject, rsaKeyObject } from './private-key-object.ts'
import { type PublicKey, type PublicNumbers, publicKeyFromNumbers } from './public-key.ts'
import { equalBytes, SshError } from './wire.ts'

/** A key that has been checked and may sign. */
export interface PrivateKey {
  privateKey: KeyObject
  /** The plain key, also of a certificate. */
  publicKey: PublicKey
  /** What an agent lists it by: the certificate, else the plain key. */
  blob: Uint8Array
}

const ed25519SeedBytes = 32

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
