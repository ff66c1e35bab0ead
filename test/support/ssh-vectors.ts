import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { parsePublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { SshError } from '../../src/ssh/wire.ts'

const folder = fileURLToPath(new URL('../vectors/certificates/', import.meta.url))

/** A file of test/vectors/certificates, whose make.sh says how it was made. */
export function certificateVector(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

export const plainBlob = (name: string) => parsePublicKeyLine(certificateVector(`${name}.pub`)).blob
export const certificateBlob = (name: string) => parsePublicKeyLine(certificateVector(`${name}-cert.pub`)).blob

/** Names of the keys that have a `.pub`, a `.fingerprint` and, but for rsa1024, a certificate. */
export const vectorKeys = [
  'ed25519',
  'ecdsa256',
  'ecdsa384',
  'ecdsa521',
  'rsa1024',
  'rsa2048',
  'sk-ed25519',
  'sk-ecdsa256',
] as const

/** Runs a decoder on bytes that may be wrong. @returns the code of its SshError; any other error fails the test */
export function sshErrorCodeOf(decode: () => unknown): string | undefined {
  try {
    decode()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(SshError)
    return (error as SshError).code
  }
}

/** Every way of cutting the end off. */
export function truncations(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length))
}

export const withTrailingByte = (bytes: Uint8Array) => Buffer.concat([bytes, Uint8Array.of(0)])
