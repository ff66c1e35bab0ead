import { quoted, SshError } from './wire.ts'

/** What node:crypto knows of a NIST curve, and how RFC 5656 §6.2.1 hashes for it. */
export interface Curve {
  /** As in RFC 5656 §10.1. */
  sshName: 'nistp256' | 'nistp384' | 'nistp521'
  jwkName: 'P-256' | 'P-384' | 'P-521'
  /** The object identifier in hexadecimal DER (RFC 5480 §2.1.1.1). */
  objectIdentifier: string
  /** Length of one coordinate in bytes. */
  coordinateBytes: number
  /** The order of the base point in hexadecimal (SEC 2 §2): secret numbers are from 1 to below it. */
  order: string
  hash: 'sha256' | 'sha384' | 'sha512'
}

/** One way of signing: its name in the signature blob and its hash; Ed25519 has its own. */
export interface SignatureAlgorithm {
  name: string
  family: 'ed25519' | 'ecdsa' | 'rsa'
  hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined
}

export interface KeyType {
  /** As it stands at the start of a key blob. */
  name: string
  /** As it stands at the start of a certificate for such a key (PROTOCOL.certkeys). */
  certificateName: string
  family: 'ed25519' | 'ecdsa' | 'rsa'
  curve: Curve | undefined
  /** A FIDO key (PROTOCOL.u2f): its signatures are verified here, never made. */
  isSecurityKey: boolean
  /** What a signature by such a key may be, the preferred one first. */
  algorithms: readonly SignatureAlgorithm[]
}

const p256: Curve = {
  sshName: 'nistp256',
  jwkName: 'P-256',
  objectIdentifier: '06082a8648ce3d030107',
  coordinateBytes: 32,
  order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  hash: 'sha256',
}
const p384: Curve = {
  sshName: 'nistp384',
  jwkName: 'P-384',
  objectIdentifier: '06052b81040022',
  coordinateBytes: 48,
  order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  hash: 'sha384',
}
const p521: Curve = {
  sshName: 'nistp521',
  jwkName: 'P-521',
  objectIdentifier: '06052b81040023',
  coordinateBytes: 66,
  order:
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  hash: 'sha512',
}

const ed25519: KeyType = {
  name: 'ssh-ed25519',
  certificateName: 'ssh-ed25519-cert-v01@openssh.com',
  family: 'ed25519',
  curve: undefined,
  isSecurityKey: false,
  algorithms: [{ name: 'ssh-ed25519', family: 'ed25519', hash: undefined }],
}

const ecdsa = (curve: Curve): KeyType => {
  const name = `ecdsa-sha2-${curve.sshName}`
  return {
    name,
    certificateName: `${name}-cert-v01@openssh.com`,
    family: 'ecdsa',
    curve,
    isSecurityKey: false,
    algorithms: [{ name, family: 'ecdsa', hash: curve.hash }],
  }
}

const rsa: KeyType = {
  name: 'ssh-rsa',
  certificateName: 'ssh-rsa-cert-v01@openssh.com',
  family: 'rsa',
  curve: undefined,
  isSecurityKey: false,
  algorithms: [
    { name: 'rsa-sha2-512', family: 'rsa', hash: 'sha512' },
    { name: 'rsa-sha2-256', family: 'rsa', hash: 'sha256' },
    // SHA-1 (RFC 4253 §6.6): made when a client asks for it, for servers that know nothing else; never accepted.
    { name: 'ssh-rsa', family: 'rsa', hash: 'sha1' },
  ],
}

const securityKey = (base: KeyType): KeyType => ({
  name: `sk-${base.name}@openssh.com`,
  certificateName: `sk-${base.certificateName}`,
  family: base.family,
  curve: base.curve,
  isSecurityKey: true,
  algorithms: base.algorithms.map((algorithm) => ({ ...algorithm, name: `sk-${algorithm.name}@openssh.com` })),
})

/** The one table of key types. Nothing elsewhere enumerates them. */
export const keyTypes: readonly KeyType[] = [
  ed25519,
  ecdsa(p256),
  ecdsa(p384),
  ecdsa(p521),
  rsa,
  securityKey(ed25519),
  securityKey(ecdsa(p256)),
]

const byName = new Map(keyTypes.map((type) => [type.name, type]))
const byCertificateName = new Map(keyTypes.map((type) => [type.certificateName, type]))
const algorithmsByName = new Map(
  keyTypes.flatMap((type) => type.algorithms).map((algorithm) => [algorithm.name, algorithm]),
)

/** @throws {SshError} KEY_TYPE_UNKNOWN */
export function keyTypeNamed(name: string): KeyType {
  const type = byName.get(name)
  if (type === undefined) throw new SshError('KEY_TYPE_UNKNOWN', `key type ${quoted(name)} is not known`)
  return type
}

/** The key type that certificates of this type name certify; undefined when it names no certificate. */
export function keyTypeOfCertificate(certificateName: string): KeyType | undefined {
  return byCertificateName.get(certificateName)
}

/** Undefined when there is no such algorithm. */
export function signatureAlgorithmNamed(name: string): SignatureAlgorithm | undefined {
  return algorithmsByName.get(name)
}
