import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Curve } from './key-types.ts'
import { isOne, minusOne, multiply, remainder } from './secret-number.ts'
import { bitLength, equalBytes, padToWidth, SshError, trimLeadingZeros } from './wire.ts'

// Keys go to node:crypto as DER in a buffer that is overwritten afterwards. A JWK would leave the secret in strings,
// which nobody can overwrite.

/** The numbers of an RSA key as RFC 8017 §3.2 names them; dP and dQ are computed here. */
export interface RsaPrivateNumbers {
  n: Uint8Array
  e: Uint8Array
  d: Uint8Array
  /** qInv */
  iqmp: Uint8Array
  p: Uint8Array
  q: Uint8Array
}

const tags = { integer: 0x02, octetString: 0x04, sequence: 0x30, curve: 0xa0 } as const

/** RFC 8410 §7: PrivateKeyInfo of an Ed25519 key up to its seed. */
const ed25519Head = Buffer.from('302e020100300506032b657004220420', 'hex')

const ed25519PointBytes = 32

/** A key object with its public point, as PublicNumbers has it. */
export interface KeyWithPoint {
  privateKey: KeyObject
  point: Uint8Array
}

/** @param seed 32 bytes @throws {SshError} KEY_INVALID */
export function ed25519KeyObject(seed: Uint8Array): KeyWithPoint {
  const privateKey = importDer([ed25519Head, seed], 'pkcs8')
  return { privateKey, point: publicPoint(privateKey, ed25519PointBytes) }
}

/**
 * The key object of the number `d` on a curve, and its public point, uncompressed.
 * @throws {SshError} KEY_INVALID when `d` is zero or not below the order of the curve
 */
export function ecdsaKeyObject(curve: Curve, d: Uint8Array): KeyWithPoint {
  const scalar = padToWidth(d, curve.coordinateBytes)
  if (scalar === undefined) throw invalid(`the secret number is too long for ${curve.sshName}`)
  try {
    if (!isInRange(scalar, curve)) throw invalid(`the secret number is out of range for ${curve.sshName}`)
    // RFC 5915 §3, without the public key: OpenSSL computes it, so that it cannot be another one.
    const parts = [Buffer.of(tags.integer, 1, 1), ...element(tags.octetString, scalar)]
    const named = element(tags.curve, Buffer.from(curve.objectIdentifier, 'hex'))
    const privateKey = importDer(sequence([...parts, ...named]), 'sec1')
    return { privateKey, point: publicPoint(privateKey, 1 + 2 * curve.coordinateBytes) }
  } finally {
    scalar.fill(0)
  }
}

/** OpenSSL takes any number, and signs wrongly with one that is not from 1 to below the order. @param scalar at full width */
function isInRange(scalar: Uint8Array, { order }: Curve): boolean {
  return scalar.some((byte) => byte !== 0) && Buffer.compare(scalar, Buffer.from(order, 'hex')) < 0
}

/** SubjectPublicKeyInfo ends with the point (RFC 8410 §4; RFC 5480 §2.2, uncompressed). */
function publicPoint(privateKey: KeyObject, bytes: number): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-bytes)
}

/**
 * The key object of an RSA key whose numbers belong together.
 * OpenSSL would take any numbers, and sign slowly or wrongly with them.
 * @throws {SshError} KEY_INVALID when n is not p·q, or d or iqmp does not fit
 */
export function rsaKeyObject(numbers: RsaPrivateNumbers): KeyObject {
  checkSizes(numbers)
  const { n, e, d, iqmp, p, q } = numbers
  const secrets: Uint8Array[] = []
  const keep = (secret: Uint8Array) => {
    secrets.push(secret)
    return secret
  }
  try {
    const isInverse = (factor: Uint8Array, other: Uint8Array, modulus: Uint8Array) =>
      isOne(keep(remainder(keep(multiply(factor, other)), modulus)))
    if (!equalBytes(trimLeadingZeros(multiply(p, q)), n))
      throw invalid('an RSA modulus is not the product of its primes')
    const [pMinusOne, qMinusOne] = [keep(minusOne(p)), keep(minusOne(q))]
    const [dp, dq] = [keep(remainder(d, pMinusOne)), keep(remainder(d, qMinusOne))]
    if (!isInverse(e, dp, pMinusOne) || !isInverse(e, dq, qMinusOne)) throw invalid('an RSA exponent does not fit')
    if (!isInverse(iqmp, q, p)) throw invalid('an RSA coefficient does not fit')
    const version = Uint8Array.of(0)
    return importDer(sequence([version, n, e, d, p, q, dp, dq, iqmp].flatMap(integer)), 'pkcs1')
  } finally {
    for (const secret of secrets) secret.fill(0)
  }
}

/** Before any arithmetic: its time grows with the square of a length that a stranger chose. */
function checkSizes({ n, d, iqmp, p, q }: RsaPrivateNumbers): void {
  const isPlausible =
    bitLength(p) > 1 &&
    bitLength(q) > 1 &&
    p.length + q.length <= n.length + 1 &&
    d.length <= n.length &&
    iqmp.length <= p.length
  if (!isPlausible) throw invalid('the numbers of an RSA key do not fit in size')
}

function importDer(parts: readonly Uint8Array[], type: 'pkcs8' | 'sec1' | 'pkcs1'): KeyObject {
  const key = Buffer.concat(parts)
  try {
    return createPrivateKey({ key, format: 'der', type })
  } catch (cause) {
    throw new SshError('KEY_INVALID', 'the numbers do not make a private key', { cause })
  } finally {
    key.fill(0)
  }
}

// DER (X.690 §8.1) as parts, so that a secret is copied once, into the buffer that is overwritten.

function sequence(parts: readonly Uint8Array[]): Uint8Array[] {
  return [
    head(
      tags.sequence,
      parts.reduce((sum, part) => sum + part.length, 0),
    ),
    ...parts,
  ]
}

function integer(magnitude: Uint8Array): Uint8Array[] {
  const needsSign = magnitude.length === 0 || magnitude[0]! >= 0x80
  if (!needsSign) return element(tags.integer, magnitude)
  return [head(tags.integer, magnitude.length + 1), Uint8Array.of(0), magnitude]
}

const element = (tag: number, content: Uint8Array) => [head(tag, content.length), content]

function head(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length)
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length)
  return Uint8Array.of(tag, 0x82, length >>> 8, length & 0xff)
}

const invalid = (message: string) => new SshError('KEY_INVALID', message)
