import { createPublicKey, type KeyObject } from 'node:crypto'
import type { KeyType, PublicFields } from './keys/key-type.ts'
import { keyTypeNamed, keyTypeOfCertificate, keyTypes } from './keys/key-types.ts'
import { plainFingerprint } from './public-key-line.ts'
import { SshError, SshReader, SshWriter } from './wire.ts'

/** A public key whose numbers have been checked for their form. */
export interface PublicKey {
  /** The plain key type, even for a key that was taken from a certificate. */
  type: string
  /** The plain key as it goes over the wire (RFC 4253 §6.6). */
  blob: Uint8Array
  /** What a FIDO key was made for (PROTOCOL.u2f); absent for other keys. */
  application?: string
}

/** @throws {SshError} KEY_TYPE_UNKNOWN, KEY_SIZE_UNKNOWN, KEY_INVALID, WIRE_… */
export function decodePublicKey(blob: Uint8Array): PublicKey {
  const reader = new SshReader(blob)
  const key = readPublicKey(reader, keyTypeNamed(reader.text()))
  reader.end()
  return key
}

/**
 * Reads what follows the type name in a key blob, or the nonce in a certificate.
 * @throws {SshError} KEY_INVALID, WIRE_…
 */
export function readPublicKey(reader: SshReader, type: KeyType): PublicKey {
  return publicKeyOf(type, type.readPublic(reader))
}

/** Makes a key from its type and its fields. */
export function publicKeyOf(type: KeyType, fields: PublicFields): PublicKey {
  const key = { type: type.name, blob: fields.write(new SshWriter().string(type.name)).bytes() }
  return fields.application === undefined ? key : { ...key, application: fields.application }
}

/** The fields of a key. */
export function publicFieldsOf({ type, blob }: PublicKey): PublicFields {
  const reader = new SshReader(blob)
  reader.string()
  return keyTypeNamed(type).readPublic(reader)
}

/** The public half of a node:crypto key, private or public. @throws {SshError} KEY_TYPE_UNKNOWN, KEY_SIZE_UNKNOWN, KEY_INVALID */
export function publicKeyFromKeyObject(key: KeyObject): PublicKey {
  const jwk = withOwnLock(key).export({ format: 'jwk' })
  for (const type of keyTypes) {
    const fields = type.fromJwk(jwk)
    if (fields !== undefined) return publicKeyOf(type, fields)
  }
  throw new SshError('KEY_TYPE_UNKNOWN', `SSH has no keys of the kind ${jwk.crv ?? jwk.kty ?? 'unknown'}`)
}

/**
 * The public half, read anew from DER. Node's JWK export allocates memory while it holds the key's lock. If a garbage
 * collection at that moment frees the job that generated this key, it waits for the same lock, and the process hangs.
 */
function withOwnLock(key: KeyObject): KeyObject {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return createPublicKey({ key: publicKey.export({ format: 'der', type: 'spki' }), format: 'der', type: 'spki' })
}

/** @throws {SshError} KEY_INVALID if the numbers do not form a key, as with a point that is not on its curve */
export function toKeyObject(key: PublicKey): KeyObject {
  try {
    return createPublicKey({ key: publicFieldsOf(key).toJwk(), format: 'jwk' })
  } catch (cause) {
    throw new SshError('KEY_INVALID', `the numbers do not make a key of type ${key.type}`, { cause })
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
  return readPublicKey(reader, type)
}

/**
 * `SHA256:…` of the plain key, as `ssh-keygen -l` prints it, even for a certificate blob.
 * @throws {SshError} KEY_TYPE_UNKNOWN, KEY_INVALID, WIRE_…
 */
export function fingerprint(blob: Uint8Array): string {
  return plainFingerprint(plainKeyOf(blob).blob)
}

/** The size that `ssh-keygen -l` prints. */
export function publicKeyBits(key: PublicKey): number {
  return publicFieldsOf(key).bits
}
