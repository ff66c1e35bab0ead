import type { JsonWebKey, KeyObject } from 'node:crypto'
import { SshError, type SshReader, type SshWriter } from '../wire.ts'

/** One way of signing: its name in the signature blob, and how node:crypto makes it. */
export interface SignatureAlgorithm {
  name: string
  /** Undefined for Ed25519, which has its own. */
  hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined
  /** What node:crypto is told beside the key. */
  options?: { dsaEncoding: 'ieee-p1363' }
  /** From what node:crypto makes to what the signature blob holds. */
  toWire(signature: Uint8Array): Uint8Array
  /**
   * The other way.
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
  /** For node:crypto, which may still find that they are no key. */
  toJwk(): JsonWebKey
  /** As a key blob has them after the type name, and a certificate after its nonce. */
  write(writer: SshWriter): SshWriter
}

/** The fields of a private key as a client hands it over (RFC 9987 §5.2), as views of its message, not checked yet. */
export interface PrivateFields {
  /** Absent where the certificate that was sent with the key has them. */
  publicFields: PublicFields | undefined
  /** Writes them all again. */
  write(writer: SshWriter): SshWriter
  /**
   * Makes the key, with its own public half.
   * @param publicFields those that were announced, with the key or in its certificate
   * @throws {SshError} KEY_INVALID
   */
  toKey(publicFields: PublicFields): { privateKey: KeyObject; publicFields: PublicFields }
  /** Overwrites the secret numbers where they lie. */
  wipe(): void
}

/** What is done with private keys of a type here. */
export interface PrivateKeyType {
  /** Signing takes less time than the way to another thread and back. */
  isFast: boolean
  /** A new key; a promise where that takes long enough to be done beside other work. */
  generate(): KeyObject | Promise<KeyObject>
  /** @param isCertified a certificate was sent before the fields @throws {SshError} KEY_INVALID, WIRE_… */
  read(reader: SshReader, isCertified: boolean): PrivateFields
}

/** A kind of SSH key. */
export interface KeyType {
  /** As it stands at the start of a key blob. */
  name: string
  /** As it stands at the start of a certificate for such a key (PROTOCOL.certkeys). */
  certificateName: string
  /** What `ssh-keygen -l` calls it, in small letters. */
  family: string
  /** What a signature by such a key may be, the preferred one first. */
  algorithms: readonly SignatureAlgorithm[]
  /** Reads the fields after the type name. @throws {SshError} KEY_INVALID, WIRE_… */
  readPublic(reader: SshReader): PublicFields
  /** The fields of a key of node:crypto; undefined where it is of another type. @throws {SshError} KEY_INVALID */
  fromJwk(jwk: JsonWebKey): PublicFields | undefined
  /** Undefined for FIDO keys, which never leave their token. */
  privateKeys: PrivateKeyType | undefined
  /**
   * What a key really signs, where it is not the data: reads what follows the signature in its blob.
   * @throws {SshError} WIRE_…
   */
  readSignedData?(reader: SshReader, application: string, data: Uint8Array): Uint8Array
}

/** The error of a key that cannot be one. */
export function keyInvalid(message: string): SshError {
  return new SshError('KEY_INVALID', message)
}
