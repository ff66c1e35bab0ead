import type { Validity } from '../core/time/validity.ts'
import { keyTypeNamed, keyTypeOfCertificate } from './keys/key-types.ts'
import { decodePublicKey, type PublicKey, publicFieldsOf, readPublicKey } from './public-key.ts'
import { verifySignature } from './signature.ts'
import { quoted, SshError, SshReader, SshWriter } from './wire.ts'

/** What a certificate says (PROTOCOL.certkeys, draft-ietf-sshm-cert). */
export interface CertificateFields {
  /** The key that is certified. */
  publicKey: PublicKey
  /** Random bytes, so that the CA never signs data that an attacker has chosen in full. */
  nonce: Uint8Array
  serial: bigint
  certificateType: 'user' | 'host'
  keyId: string
  /** User or host names. Empty means any, which OpenSSH stopped honouring in 10.3 (CVE-2024-7594). */
  principals: readonly string[]
  /** Seconds since the epoch, as on the wire. */
  validAfter: bigint
  /** Seconds since the epoch, exclusive; 2^64-1 means for ever. */
  validBefore: bigint
  /** Name to value; empty for a flag. */
  criticalOptions: ReadonlyMap<string, string>
  /** As `criticalOptions`; a value in another format, which only its maker understands, is given in hexadecimal. */
  extensions: ReadonlyMap<string, string>
  /** The CA's key. */
  signatureKey: PublicKey
}

/** A certificate that has been read. */
export interface SshCertificate extends CertificateFields {
  /** As it was received. A certificate is never encoded again: only these bytes are what the CA signed. */
  blob: Uint8Array
  /** The certificate's type name, such as `ssh-ed25519-cert-v01@openssh.com`. */
  type: string
  /** The CA's signature blob over all that precedes it. */
  signature: Uint8Array
}

const certificateTypes = { user: 1, host: 2 } as const

/** @throws {SshError} CERTIFICATE_INVALID, KEY_TYPE_UNKNOWN, KEY_INVALID, WIRE_… */
export function decodeCertificate(blob: Uint8Array): SshCertificate {
  const reader = new SshReader(blob)
  const type = reader.text()
  const keyType = keyTypeOfCertificate(type)
  if (keyType === undefined) {
    throw new SshError('KEY_TYPE_UNKNOWN', `certificate type ${quoted(type)} is not known`)
  }
  const nonce = reader.string()
  const publicKey = readPublicKey(reader, keyType)
  const serial = reader.uint64()
  const certificateType = toCertificateType(reader.uint32())
  const keyId = reader.text()
  const principals = decodePrincipals(reader.string())
  const validAfter = reader.uint64()
  const validBefore = reader.uint64()
  const criticalOptions = decodeOptions(reader.string(), decodePackedText)
  const extensions = decodeOptions(reader.string(), decodeExtensionValue)
  reader.string() // reserved
  const signatureKey = decodePublicKey(reader.string())
  const signature = reader.string()
  reader.end()
  return {
    blob,
    type,
    publicKey,
    nonce,
    serial,
    certificateType,
    keyId,
    principals,
    validAfter,
    validBefore,
    criticalOptions,
    extensions,
    signatureKey,
    signature,
  }
}

function toCertificateType(value: number): 'user' | 'host' {
  if (value === certificateTypes.user) return 'user'
  if (value === certificateTypes.host) return 'host'
  throw new SshError('CERTIFICATE_INVALID', `a certificate is of type ${value}, neither user (1) nor host (2)`)
}

function decodePrincipals(bytes: Uint8Array): string[] {
  const reader = new SshReader(bytes)
  const principals: string[] = []
  while (reader.remaining > 0) principals.push(reader.text())
  return principals
}

/** Pairs of a name and its data, which is nothing or one packed string (PROTOCOL.certkeys, "Critical options"). */
function decodeOptions(bytes: Uint8Array, decodeValue: (data: Uint8Array) => string): Map<string, string> {
  const reader = new SshReader(bytes)
  const options = new Map<string, string>()
  while (reader.remaining > 0) {
    const name = reader.text()
    // OpenSSH and Go would each use a different one of the two.
    if (options.has(name)) throw new SshError('CERTIFICATE_INVALID', `certificate option ${quoted(name)} is repeated`)
    options.set(name, decodeValue(reader.string()))
  }
  return options
}

function decodePackedText(data: Uint8Array): string {
  if (data.length === 0) return ''
  const reader = new SshReader(data)
  const value = reader.text()
  reader.end()
  return value
}

// Third-party extensions may hold anything, and sshd ignores the ones that it does not know.
function decodeExtensionValue(data: Uint8Array): string {
  try {
    return decodePackedText(data)
  } catch (error) {
    if (error instanceof SshError) return Buffer.from(data).toString('hex')
    throw error
  }
}

/**
 * Writes a certificate and has it signed.
 * @param sign makes the signature blob by `fields.signatureKey`
 * @throws what `sign` throws
 */
export function encodeCertificate(fields: CertificateFields, sign: (toBeSigned: Uint8Array) => Uint8Array): Uint8Array {
  const head = new SshWriter().string(keyTypeNamed(fields.publicKey.type).certificateName).string(fields.nonce)
  const toBeSigned = publicFieldsOf(fields.publicKey)
    .write(head)
    .uint64(fields.serial)
    .uint32(certificateTypes[fields.certificateType])
    .string(fields.keyId)
    .string(encodePrincipals(fields.principals))
    .uint64(fields.validAfter)
    .uint64(fields.validBefore)
    .string(encodeOptions(fields.criticalOptions))
    .string(encodeOptions(fields.extensions))
    .string('')
    .string(fields.signatureKey.blob)
    .bytes()
  return new SshWriter().raw(toBeSigned).string(sign(toBeSigned)).bytes()
}

function encodePrincipals(principals: readonly string[]): Uint8Array {
  const writer = new SshWriter()
  for (const principal of principals) writer.string(principal)
  return writer.bytes()
}

function encodeOptions(options: ReadonlyMap<string, string>): Uint8Array {
  const writer = new SshWriter()
  // In the order of their names (PROTOCOL.certkeys).
  for (const name of [...options.keys()].sort()) {
    const value = options.get(name)!
    writer.string(name).string(value === '' ? '' : new SshWriter().string(value).bytes())
  }
  return writer.bytes()
}

/** Whether the certificate was signed by the key that it names as its CA's. */
export function isSignatureValid(certificate: SshCertificate): boolean {
  const toBeSigned = certificate.blob.subarray(0, certificate.blob.length - certificate.signature.length - 4)
  return verifySignature(certificate.signatureKey, toBeSigned, certificate.signature)
}

/** The end of the year 9999: a certificate may name a later second, but a calendar date cannot. */
const endOfCalendarMs = Date.UTC(10_000, 0)

/** The certificate's validity in ms; one that is valid for ever ends with the calendar. */
export function certificateValidity({ validAfter, validBefore }: CertificateFields): Validity {
  const toMs = (seconds: bigint) => Math.min(Number(seconds) * 1000, endOfCalendarMs - 1000)
  return { notBeforeMs: toMs(validAfter), notAfterMs: toMs(validBefore) }
}
