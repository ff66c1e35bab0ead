import { generateKeyPair, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { padToWidth, SshError, SshReader } from '../wire.ts'
import { derExplicit0, derInteger, derOctetString, derSequence, importDer, publicPoint } from './der.ts'
import { jwkNumber, jwkText } from './jwk.ts'
import { type KeyType, keyInvalid, type PrivateFields, type PublicFields, type SignatureAlgorithm } from './key-type.ts'

/** What node:crypto knows about a NIST curve, and which hash RFC 5656 §6.2.1 uses with it. */
interface Curve {
  /** As in RFC 5656 §10.1. */
  sshName: string
  bits: number
  jwkName: string
  /** The object identifier in hexadecimal DER (RFC 5480 §2.1.1.1). */
  objectIdentifier: string
  /** Length of one coordinate in bytes. */
  coordinateBytes: number
  /** The order of the base point in hexadecimal (SEC 2 §2): secret numbers are at least 1 and less than it. */
  order: string
  hash: NonNullable<SignatureAlgorithm['hash']>
  /** Signing, or making a key, takes less time than handing it to another thread and back. */
  isFast: boolean
}

/** The first byte of a point with both coordinates (SEC 1 §2.3.3). */
const uncompressed = 4

/** ECDSA over P-256 (RFC 5656). */
export const ecdsaP256 = ecdsa({
  sshName: 'nistp256',
  bits: 256,
  jwkName: 'P-256',
  objectIdentifier: '06082a8648ce3d030107',
  coordinateBytes: 32,
  order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  hash: 'sha256',
  isFast: true,
})

/** ECDSA over P-384 (RFC 5656). */
export const ecdsaP384 = ecdsa({
  sshName: 'nistp384',
  bits: 384,
  jwkName: 'P-384',
  objectIdentifier: '06052b81040022',
  coordinateBytes: 48,
  order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  hash: 'sha384',
  isFast: false,
})

/** ECDSA over P-521 (RFC 5656). */
export const ecdsaP521 = ecdsa({
  sshName: 'nistp521',
  bits: 521,
  jwkName: 'P-521',
  objectIdentifier: '06052b81040023',
  coordinateBytes: 66,
  order:
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  hash: 'sha512',
  isFast: false,
})

function ecdsa(curve: Curve): KeyType {
  const name = `ecdsa-sha2-${curve.sshName}`
  return {
    name,
    certificateName: `${name}-cert-v01@openssh.com`,
    family: 'ecdsa',
    algorithms: [
      {
        name,
        hash: curve.hash,
        toWire: toNumbers,
        fromWire: (signature) => fromNumbers(signature, curve),
      },
    ],
    readPublic: (reader) => readPublic(reader, curve, name),
    fromJwk: (jwk) => fromJwk(jwk, curve, name),
    privateKeys: {
      isFast: curve.isFast,
      generators: [{ name: `ecdsa-p${curve.bits}`, bits: curve.bits, isSlow: false, generate: () => generate(curve) }],
      read: (reader, isCertified) => readPrivate(reader, isCertified, curve, name),
    },
  }
}

/** Making a key takes as long as a signature or two. */
function generate({ jwkName: namedCurve, isFast }: Curve): KeyObject | Promise<KeyObject> {
  if (isFast) return generateKeyPairSync('ec', { namedCurve }).privateKey
  return promisify(generateKeyPair)('ec', { namedCurve }).then(({ privateKey }) => privateKey)
}

function readPublic(reader: SshReader, curve: Curve, name: string): PublicFields {
  if (reader.text() !== curve.sshName) throw keyInvalid(`the curve does not belong to ${name}`)
  return fieldsOf(reader.string(), curve, name)
}

function fromJwk(jwk: JsonWebKey, curve: Curve, name: string): PublicFields | undefined {
  if (jwk.kty !== 'EC' || jwk.crv !== curve.jwkName) return undefined
  return fieldsOf(Buffer.concat([Uint8Array.of(uncompressed), jwkNumber(jwk, 'x'), jwkNumber(jwk, 'y')]), curve, name)
}

/** @param point 0x04, x, y (SEC 1 §2.3.3) */
function fieldsOf(point: Uint8Array, curve: Curve, name: string): PublicFields {
  const { coordinateBytes, sshName, bits, jwkName } = curve
  if (point.length !== 1 + 2 * coordinateBytes || point[0] !== uncompressed)
    throw keyInvalid(`a key of type ${name} is not an uncompressed point`)
  const y = 1 + coordinateBytes
  return {
    bits,
    toJwk: () => ({ kty: 'EC', crv: jwkName, x: jwkText(point.subarray(1, y)), y: jwkText(point.subarray(y)) }),
    write: (writer) => writer.string(sshName).string(point),
  }
}

function readPrivate(reader: SshReader, isCertified: boolean, curve: Curve, name: string): PrivateFields {
  const publicFields = isCertified ? undefined : readPublic(reader, curve, name)
  const d = reader.mpint()
  return {
    publicFields,
    write: (writer) => (publicFields?.write(writer) ?? writer).mpint(d),
    toKey() {
      const privateKey = toKeyObject(d, curve)
      return { privateKey, publicFields: fieldsOf(publicPoint(privateKey, 1 + 2 * curve.coordinateBytes), curve, name) }
    },
    wipe: () => void d.fill(0),
  }
}

/** @throws {SshError} KEY_INVALID when `d` is zero or not below the order of the curve */
function toKeyObject(d: Uint8Array, curve: Curve): KeyObject {
  const scalar = padToWidth(d, curve.coordinateBytes)
  if (scalar === undefined) throw keyInvalid(`the secret number is too long for ${curve.sshName}`)
  try {
    if (!isInRange(scalar, curve)) throw keyInvalid(`the secret number is out of range for ${curve.sshName}`)
    // RFC 5915 §3, without the public key: OpenSSL computes it, so that it cannot be another one.
    const parts = [...derInteger(Uint8Array.of(1)), ...derOctetString(scalar)]
    return importDer(derSequence([...parts, ...derExplicit0(Buffer.from(curve.objectIdentifier, 'hex'))]), 'sec1')
  } finally {
    scalar.fill(0)
  }
}

/** OpenSSL accepts any number, and signs wrongly with one below 1 or not below the order. @param scalar at full width */
function isInRange(scalar: Uint8Array, { order }: Curve): boolean {
  return scalar.some((byte) => byte !== 0) && Buffer.compare(scalar, Buffer.from(order, 'hex')) < 0
}

/**
 * A SEQUENCE of two INTEGERs (RFC 3279 §2.2.3), as node:crypto makes it, as two mpints (RFC 5656 §3.1.2): both have a number in as
 * few bytes as two's complement takes (X.690 §8.3.2, RFC 4251 §5). This runs once per signature.
 */
function toNumbers(der: Uint8Array): Uint8Array {
  // The length of the sequence has two bytes where two numbers of P-521 are long.
  const r = der[1]! < 0x80 ? 4 : 5
  const rBytes = der[r - 1]!
  const s = r + rBytes + 2
  const numbers = Buffer.allocUnsafe(8 + rBytes + der.length - s)
  numbers.set(der.subarray(r, s - 2), numbers.writeUInt32BE(rBytes, 0))
  numbers.set(der.subarray(s), numbers.writeUInt32BE(der.length - s, 4 + rBytes))
  return numbers
}

function fromNumbers(signature: Uint8Array, { coordinateBytes }: Curve): Uint8Array {
  const reader = new SshReader(signature)
  const numbers = [reader.mpint(), reader.mpint()]
  reader.end()
  if (numbers.some(({ length }) => length > coordinateBytes))
    throw new SshError('SIGNATURE_INVALID', 'a signature is longer than its key')
  return Buffer.concat(derSequence(numbers.flatMap(derInteger)))
}
