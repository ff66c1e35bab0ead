import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { type KeyType, keyTypeNamed, type SignatureAlgorithm, signatureAlgorithmNamed } from './key-types.ts'
import { type PublicKey, toKeyObject } from './public-key.ts'
import { padToWidth, quoted, SshError, SshReader, SshWriter } from './wire.ts'

/**
 * Signs `data` and returns the signature blob: `string algorithm, string signature` (RFC 8709 §6, RFC 5656 §3.1.2,
 * RFC 8332 §3).
 * @param algorithmName a plain name such as `rsa-sha2-512`, also for the key of a certificate
 * @throws {SshError} SIGNATURE_INVALID when there is no such algorithm
 */
export function signData(privateKey: KeyObject, algorithmName: string, data: Uint8Array): Uint8Array {
  const algorithm = algorithmNamed(algorithmName)
  return encodeSignature(algorithm, sign(algorithm.hash, data, signingKey(privateKey, algorithm)))
}

/** As `signData`, off the main thread: for keys whose signatures take a millisecond or more. */
export function signDataInPool(privateKey: KeyObject, algorithmName: string, data: Uint8Array): Promise<Uint8Array> {
  const algorithm = algorithmNamed(algorithmName)
  return new Promise((resolve, reject) => {
    sign(algorithm.hash, data, signingKey(privateKey, algorithm), (error, signature) => {
      if (error === null) resolve(encodeSignature(algorithm, signature))
      else reject(error)
    })
  })
}

function algorithmNamed(name: string): SignatureAlgorithm {
  const algorithm = signatureAlgorithmNamed(name)
  if (algorithm !== undefined) return algorithm
  throw new SshError('SIGNATURE_INVALID', `signature algorithm ${quoted(name)} is not known`)
}

// ieee-p1363 is r and s at full width, which RFC 5656 wants as two numbers; the default would be DER.
function signingKey(key: KeyObject, { family }: { family: KeyType['family'] }) {
  return family === 'ecdsa' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
}

function encodeSignature(algorithm: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  if (algorithm.family !== 'ecdsa') return encodePair(algorithm.name, signature)
  const half = signature.length / 2
  const numbers = new SshWriter().mpint(signature.subarray(0, half)).mpint(signature.subarray(half))
  return encodePair(algorithm.name, numbers.bytes())
}

/** Two strings in one buffer: this runs once per signature. @param name ASCII */
function encodePair(name: string, value: Uint8Array): Uint8Array {
  const pair = Buffer.allocUnsafe(8 + name.length + value.length)
  pair.writeUInt32BE(name.length, 0)
  pair.write(name, 4, 'latin1')
  pair.set(value, pair.writeUInt32BE(value.length, 4 + name.length))
  return pair
}

/**
 * Tells whether `signatureBlob` is this key's signature over `data`. SHA-1 signatures and algorithms of other key types
 * are not; neither is a blob that is malformed.
 */
export function verifySignature(publicKey: PublicKey, data: Uint8Array, signatureBlob: Uint8Array): boolean {
  try {
    return verifyStrictly(publicKey, data, signatureBlob)
  } catch (error) {
    if (error instanceof SshError) return false
    throw error
  }
}

function verifyStrictly(publicKey: PublicKey, data: Uint8Array, signatureBlob: Uint8Array): boolean {
  const type = keyTypeNamed(publicKey.type)
  const reader = new SshReader(signatureBlob)
  const name = reader.text()
  const algorithm = type.algorithms.find((candidate) => candidate.name === name && candidate.hash !== 'sha1')
  if (algorithm === undefined) return false
  const signature = reader.string()
  const signed = type.isSecurityKey ? readSecurityKeyData(reader, publicKey, data) : data
  reader.end()
  const raw = toRawSignature(publicKey, signature)
  return verify(algorithm.hash, signed, signingKey(toKeyObject(publicKey), type), raw)
}

/** What a FIDO key really signs (PROTOCOL.u2f, "SSH U2F signatures"). */
function readSecurityKeyData(reader: SshReader, publicKey: PublicKey, data: Uint8Array): Uint8Array {
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()
  return new SshWriter()
    .raw(sha256(publicKey.application!))
    .byte(reader.byte())
    .uint32(reader.uint32())
    .raw(sha256(data))
    .bytes()
}

function toRawSignature(publicKey: PublicKey, signature: Uint8Array): Uint8Array {
  const { family } = publicKey.numbers
  switch (family) {
    case 'ed25519':
      return signature
    case 'ecdsa': {
      const width = keyTypeNamed(publicKey.type).curve!.coordinateBytes
      const reader = new SshReader(signature)
      const [r, s] = [reader.mpint(), reader.mpint()]
      reader.end()
      return Buffer.concat([atWidth(r, width), atWidth(s, width)])
    }
    case 'rsa':
      // Some signers drop leading zeros (RFC 8332 §3 wants them; OpenSSH pads them back).
      return atWidth(signature, publicKey.numbers.n.length)
  }
}

function atWidth(magnitude: Uint8Array, width: number): Uint8Array {
  const padded = padToWidth(magnitude, width)
  if (padded === undefined) throw new SshError('SIGNATURE_INVALID', 'a signature is longer than its key')
  return padded
}
