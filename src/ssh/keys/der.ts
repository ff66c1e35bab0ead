import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { SshError } from '../wire.ts'

// Keys are passed to node:crypto as DER in a buffer that is overwritten afterwards: a JWK would leave the secret in
// strings, which nobody can overwrite. DER (X.690 §8.1) is kept in parts, so that a secret is copied once, into that buffer.

const tags = { integer: 0x02, octetString: 0x04, sequence: 0x30, explicit0: 0xa0 } as const

/** SEQUENCE of `parts`. */
export function derSequence(parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return [head(tags.sequence, length), ...parts]
}

/** INTEGER of an unsigned number, big-endian. */
export function derInteger(magnitude: Uint8Array): Uint8Array[] {
  const needsSign = magnitude.length === 0 || magnitude[0]! >= 0x80
  if (!needsSign) return element(tags.integer, magnitude)
  return [head(tags.integer, magnitude.length + 1), Uint8Array.of(0), magnitude]
}

/** OCTET STRING. */
export function derOctetString(content: Uint8Array): Uint8Array[] {
  return element(tags.octetString, content)
}

/** A field with the explicit tag [0]. */
export function derExplicit0(content: Uint8Array): Uint8Array[] {
  return element(tags.explicit0, content)
}

const element = (tag: number, content: Uint8Array) => [head(tag, content.length), content]

function head(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length)
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length)
  return Uint8Array.of(tag, 0x82, length >>> 8, length & 0xff)
}

/** The forms of DER that private keys have. */
type PrivateForm = 'pkcs8' | 'sec1' | 'pkcs1'

/** The private key; the DER that is made of `parts` is overwritten. @throws {SshError} KEY_INVALID */
export function importDer(parts: readonly Uint8Array[], type: PrivateForm): KeyObject {
  try {
    return privateKeyOfDer(Buffer.concat(parts), type)
  } catch (cause) {
    throw new SshError('KEY_INVALID', 'the numbers do not make a private key', { cause })
  }
}

/** The private key in DER, which is overwritten. @throws {Error} of OpenSSL */
export function privateKeyOfDer(key: Buffer, type: PrivateForm): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type })
  } finally {
    key.fill(0)
    overwriteFreed(key.length)
  }
}

/**
 * OpenSSL copies the DER and frees the copy as it is (ossl_read_der and OPENSSL_free of its decoders). Where nothing takes that
 * place, it stays as long as the process; memory of that size that is asked for next is taken from there, and zeroed.
 */
function overwriteFreed(bytes: number): readonly Buffer[] {
  // The next multiple is what BUF_MEM_grow_clean makes of it. At once, or the second would get the place of the first.
  return [Math.floor((bytes + 3) / 3) * 4, bytes].flatMap((size) => [Buffer.alloc(size), Buffer.alloc(size)])
}

/** The public point, which is at the end of SubjectPublicKeyInfo (RFC 8410 §4; RFC 5480 §2.2, uncompressed). */
export function publicPoint(privateKey: KeyObject, bytes: number): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-bytes)
}
