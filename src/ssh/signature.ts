import { type KeyObject, sign, verify } from 'node:crypto'
import type { SignatureAlgorithm } from './keys/key-type.ts'
import { keyTypeNamed, signatureAlgorithmNamed } from './keys/key-types.ts'
import { type PublicKey, publicKeyBits, toKeyObject } from './public-key.ts'
import { readOr } from './read-or.ts'
import { quoted, SshError, SshReader } from './wire.ts'

/**
 * Signs `data` and returns the signature blob: `string algorithm, string signature` (RFC 8709 §6, RFC 5656 §3.1.2,
 * RFC 8332 §3).
 * @param algorithmName a plain name such as `rsa-sha2-512`, even for the key of a certificate
 * @throws {SshError} SIGNATURE_INVALID if there is no such algorithm
 */
export function signData(privateKey: KeyObject, algorithmName: string, data: Uint8Array): Uint8Array {
  const algorithm = algorithmNamed(algorithmName)
  return encodeSignature(algorithm, sign(algorithm.hash, data, privateKey))
}

/** As `signData`, off the main thread: for keys whose signatures take a millisecond or more. */
export function signDataInPool(privateKey: KeyObject, algorithmName: string, data: Uint8Array): Promise<Uint8Array> {
  const algorithm = algorithmNamed(algorithmName)
  return new Promise((resolve, reject) => {
    sign(algorithm.hash, data, privateKey, (error, signature) => {
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

/** Two strings in one buffer: this runs once per signature. Names of algorithms are ASCII. */
function encodeSignature({ name, toWire }: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  const value = toWire(signature)
  const pair = Buffer.allocUnsafe(8 + name.length + value.length)
  pair.writeUInt32BE(name.length, 0)
  pair.write(name, 4, 'latin1')
  pair.set(value, pair.writeUInt32BE(value.length, 4 + name.length))
  return pair
}

/**
 * Whether `signatureBlob` is a valid signature by this key over `data`. False for SHA-1, for algorithms of other key types
 * and for a malformed blob.
 */
export function verifySignature(publicKey: PublicKey, data: Uint8Array, signatureBlob: Uint8Array): boolean {
  return readOr(false, () => verifyStrictly(publicKey, data, signatureBlob))
}

function verifyStrictly(publicKey: PublicKey, data: Uint8Array, signatureBlob: Uint8Array): boolean {
  const type = keyTypeNamed(publicKey.type)
  const reader = new SshReader(signatureBlob)
  const name = reader.text()
  const algorithm = type.algorithms.find((candidate) => candidate.name === name && candidate.hash !== 'sha1')
  if (algorithm === undefined) return false
  const signature = reader.string()
  const signed = type.readSignedData?.(reader, publicKey.application!, data) ?? data
  reader.end()
  const raw = algorithm.fromWire(signature, publicKeyBits(publicKey))
  return verify(algorithm.hash, signed, toKeyObject(publicKey), raw)
}
