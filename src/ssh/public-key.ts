import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type KeyType, keyTypeNamed, keyTypeOfCertificate, keyTypes } from './key-types.ts'
import { bitLength, SshError, SshReader, SshWriter } from './wire.ts'

/** The numbers that make a public key; a point is the key itself (Ed25519) or 0x04, x, y (SEC 1 §2.3.3). */
export type PublicNumbers =
  | { family: 'ed25519'; point: Uint8Array }
  | { family: 'ecdsa'; point: Uint8Array }
  | { family: 'rsa'; e: Uint8Array; n: Uint8Array }

export interface PublicKey {
  /** The plain key type, also for a key that was taken out of a certificate. */
  type: string
  /** The plain key as it goes over the wire (RFC 4253 §6.6). */
  blob: Uint8Array
  numbers: PublicNumbers
  /** What a FIDO key was made for (PROTOCOL.u2f); absent for other keys. */
  application?: string
}

const ed25519Bytes = 32
/** The first byte of a point with both coordinates (SEC 1 §2.3.3). */
const uncompressed = 4
// OpenSSH's SSH_RSA_MINIMUM_MODULUS_SIZE, and OpenSSL's OPENSSL_RSA_MAX_MODULUS_BITS and _MAX_PUBEXP_BITS: numbers
// beyond them only burn processor time.
const rsaMinBits = 1024
const rsaMaxBits = 16384
const rsaMaxExponentBits = 64

/** @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID, WIRE_… */
export function decodePublicKey(blob: Uint8Array): PublicKey {
  const reader = new SshReader(blob)
  const key = readPublicFields(reader, keyTypeNamed(reader.text()))
  reader.end()
  return key
}

/**
 * Reads what follows the type name in a key blob, or the nonce in a certificate.
 * @throws {SshError} KEY_INVALID, WIRE_…
 */
export function readPublicFields(reader: SshReader, type: KeyType): PublicKey {
  const numbers = readNumbers(reader, type)
  if (!type.isSecurityKey) return assemble(type, numbers)
  return assemble(type, numbers, reader.text())
}

function readNumbers(reader: SshReader, type: KeyType): PublicNumbers {
  switch (type.family) {
    case 'ed25519':
      return checkNumbers(type, { family: 'ed25519', point: reader.string() })
    case 'ecdsa':
      if (reader.text() !== type.curve!.sshName) throw invalid(`the curve does not belong to ${type.name}`)
      return checkNumbers(type, { family: 'ecdsa', point: reader.string() })
    case 'rsa':
      return checkNumbers(type, { family: 'rsa', e: reader.mpint(), n: reader.mpint() })
  }
}

function checkNumbers(type: KeyType, numbers: PublicNumbers): PublicNumbers {
  switch (numbers.family) {
    case 'ed25519':
      if (numbers.point.length !== ed25519Bytes)
        throw invalid(`an Ed25519 key has ${ed25519Bytes} bytes, not ${numbers.point.length}`)
      break
    case 'ecdsa':
      if (numbers.point.length !== 1 + 2 * type.curve!.coordinateBytes || numbers.point[0] !== uncompressed)
        throw invalid(`a key of type ${type.name} is not an uncompressed point`)
      break
    case 'rsa':
      checkRsa(numbers.e, numbers.n)
      break
  }
  return numbers
}

function checkRsa(e: Uint8Array, n: Uint8Array): void {
  const bits = bitLength(n)
  if (bits < rsaMinBits || bits > rsaMaxBits)
    throw invalid(`an RSA key has ${rsaMinBits} to ${rsaMaxBits} bits, not ${bits}`)
  const exponentBits = bitLength(e)
  const isOdd = (e.at(-1) ?? 0) % 2 === 1
  if (exponentBits < 2 || exponentBits > rsaMaxExponentBits || !isOdd) throw invalid('an RSA exponent is out of range')
}

const invalid = (message: string) => new SshError('KEY_INVALID', message)

function assemble(type: KeyType, numbers: PublicNumbers, application?: string): PublicKey {
  const writer = new SshWriter().string(type.name)
  writePublicFields(writer, type, numbers, application)
  const key = { type: type.name, blob: writer.bytes(), numbers }
  return application === undefined ? key : { ...key, application }
}

function writePublicFields(writer: SshWriter, type: KeyType, numbers: PublicNumbers, application?: string): void {
  switch (numbers.family) {
    case 'ed25519':
      writer.string(numbers.point)
      break
    case 'ecdsa':
      writer.string(type.curve!.sshName).string(numbers.point)
      break
    case 'rsa':
      writer.mpint(numbers.e).mpint(numbers.n)
      break
  }
  if (application !== undefined) writer.string(application)
}

/** The fields of a key without its type name: what a certificate holds after its nonce. */
export function publicFields(key: PublicKey): Uint8Array {
  const reader = new SshReader(key.blob)
  reader.string()
  return reader.rest()
}

/** Makes a key from its numbers. @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID */
export function publicKeyFromNumbers(typeName: string, numbers: PublicNumbers): PublicKey {
  const type = keyTypeNamed(typeName)
  if (type.isSecurityKey || numbers.family !== type.family)
    throw invalid(`not the numbers of a key of type ${typeName}`)
  return assemble(type, checkNumbers(type, numbers))
}

/** The public half of a key of node:crypto, private or public. @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID */
export function publicKeyFromKeyObject(key: KeyObject): PublicKey {
  const jwk = withOwnLock(key).export({ format: 'jwk' })
  const number = (name: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[name] ?? '', 'base64url')
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') {
    return publicKeyFromNumbers('ssh-ed25519', { family: 'ed25519', point: number('x') })
  }
  if (jwk.kty === 'RSA') return publicKeyFromNumbers('ssh-rsa', { family: 'rsa', e: number('e'), n: number('n') })
  const type = keyTypes.find(({ curve, isSecurityKey }) => curve?.jwkName === jwk.crv && !isSecurityKey)
  if (jwk.kty === 'EC' && type !== undefined) {
    const point = Buffer.concat([Uint8Array.of(4), number('x'), number('y')])
    return publicKeyFromNumbers(type.name, { family: 'ecdsa', point })
  }
  throw new SshError('KEY_TYPE_UNKNOWN', `SSH has no keys of the kind ${jwk.crv ?? jwk.kty ?? 'unknown'}`)
}

/**
 * The public half, read anew from DER. Node's JWK export allocates while it holds the key's lock; a garbage collection
 * in that moment which frees the job that generated this very key waits for the same lock, and the process stands still.
 */
function withOwnLock(key: KeyObject): KeyObject {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return createPublicKey({ key: publicKey.export({ format: 'der', type: 'spki' }), format: 'der', type: 'spki' })
}

/** @throws {SshError} KEY_INVALID when the numbers are no key, such as a point that is not on its curve */
export function toKeyObject(key: PublicKey): KeyObject {
  try {
    return createPublicKey({ key: toJwk(key), format: 'jwk' })
  } catch (cause) {
    throw new SshError('KEY_INVALID', `the numbers do not make a key of type ${key.type}`, { cause })
  }
}

function toJwk({ type, numbers }: PublicKey): JsonWebKey {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  switch (numbers.family) {
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: text(numbers.point) }
    case 'ecdsa': {
      const { jwkName, coordinateBytes } = keyTypeNamed(type).curve!
      const y = 1 + coordinateBytes
      return { kty: 'EC', crv: jwkName, x: text(numbers.point.subarray(1, y)), y: text(numbers.point.subarray(y)) }
    }
    case 'rsa':
      return { kty: 'RSA', e: text(numbers.e), n: text(numbers.n) }
  }
}

/**
 * The plain key inside a key blob or a certificate blob.
 * @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID, WIRE_…
 */
export function plainKeyOf(blob: Uint8Array): PublicKey {
  const reader = new SshReader(blob)
  const type = keyTypeOfCertificate(reader.text())
  if (type === undefined) return decodePublicKey(blob)
  reader.string()
  return readPublicFields(reader, type)
}

/**
 * `SHA256:…` of the plain key, as `ssh-keygen -l` prints it, also for a certificate blob.
 * @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID, WIRE_…
 */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(plainKeyOf(blob).blob).digest('base64').replace(/=+$/, '')}`
}

/** The size that `ssh-keygen -l` prints. */
export function publicKeyBits(key: PublicKey): number {
  switch (key.numbers.family) {
    case 'ed25519':
      return 256
    case 'ecdsa':
      return Number(keyTypeNamed(key.type).curve!.sshName.slice('nistp'.length))
    case 'rsa':
      return bitLength(key.numbers.n)
  }
}
