import type { JsonWebKey, KeyObject } from 'node:crypto'
import { SshError, type SshReader, type SshWriter } from '../wire.ts'

/** One way of signing: its name in the signature blob, and how node:crypto makes it. */
export interface SignatureAlgorithm {
  name: string
  /** Undefined for Ed25519, which has a hash of its own. */
  hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined
  /** Converts what node:crypto makes to what the signature blob holds. */
  toWire(signature: Uint8Array): Uint8Array
  /**
   * Converts in the other direction.
   * @param bits the size of the key
   * @throws {SshError} SIGNATURE_INVALID, WIRE_…
   */
  fromWire(signature: Uint8Array, bits: number): Uint8Array
}

/** The public fields of a key, read and checked. */
export interface PublicFields {
  /** The size that `ssh-keygen -l` prints. */
  bits: number
  /** What a FIDO key was made for (PROTOCOL.u2f); absent for other keys. */
  application?: string
  /** For node:crypto, which may still find that they do not form a key. */
  toJwk(): JsonWebKey
  /** Writes them as they are in a key blob after the type name, and in a certificate after its nonce. */
  write(writer: SshWriter): SshWriter
}

/** The fields of a private key as a client sends it (RFC 9987 §5.2): views of its message, not checked yet. */
export interface PrivateFields {
  /** Absent if they are in a certificate that was sent with the key. */
  publicFields: PublicFields | undefined
  /** Writes them all again. */
  write(writer: SshWriter): SshWriter
  /**
   * Makes the key, with its own public half.
   * @param publicFields those that were sent, with the key or in its certificate
   * @throws {SshError} KEY_INVALID
   */
  toKey(publicFields: PublicFields): { privateKey: KeyObject; publicFields: PublicFields }
  /** Overwrites the secret numbers in place. */
  wipe(): void
}

/** Makes keys of a type and a size. */
export interface KeyGenerator {
  /** As `key_type` of an identity in config.toml names it. */
  name: string
  bits: number
  /** Making one keeps a thread busy for about a second, not for milliseconds. */
  isSlow: boolean
  /** A new key; a promise if making it takes so long that it is done in the background. */
  generate(): KeyObject | Promise<KeyObject>
}

/** What can be done here with private keys of a type. */
export interface PrivateKeyType {
  /** Signing takes less time than handing it to another thread and back. */
  isFast: boolean
  /** One for each size that is made here. */
  generators: readonly KeyGenerator[]
  /** @param isCertified whether a certificate was sent before the fields @throws {SshError} KEY_INVALID, WIRE_… */
  read(reader: SshReader, isCertified: boolean): PrivateFields
}

/** A kind of SSH key. */
export interface KeyType {
  /** As written at the start of a key blob. */
  name: string
  /** As written at the start of a certificate for such a key (PROTOCOL.certkeys). */
  certificateName: string
  /** What `ssh-keygen -l` calls it, in lower case. */
  family: string
  /** The algorithms of signatures by such a key, the preferred one first. */
  algorithms: readonly SignatureAlgorithm[]
  /** Reads the fields after the type name. @throws {SshError} KEY_INVALID, KEY_SIZE_UNKNOWN, WIRE_… */
  readPublic(reader: SshReader): PublicFields
  /** The fields of a node:crypto key; undefined if it is of another type. @throws {SshError} KEY_INVALID */
  fromJwk(jwk: JsonWebKey): PublicFields | undefined
  /** Undefined for FIDO keys, which never leave their token. */
  privateKeys: PrivateKeyType | undefined
  /**
   * What a key really signs, if that is not the data itself: reads what follows the signature in its blob.
   * @throws {SshError} WIRE_…
   */
  readSignedData?(reader: SshReader, application: string, data: Uint8Array): Uint8Array
}

/** The error for an invalid key. */
export function keyInvalid(message: string): SshError {
  return new SshError('KEY_INVALID', message)
}
