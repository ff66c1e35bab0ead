import type { KeyObject } from 'node:crypto'
import type { PublicKey } from '../public-key.ts'

/** What is in the file of a private key. */
export interface KeyFile {
  privateKey: KeyObject
  publicKey: PublicKey
  /** Empty where there is none, and in all forms but OpenSSH's and PuTTY's. */
  comment: string
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** A comment: UTF-8 where it is that, else Latin-1, as older programs on Windows wrote it. */
export function commentText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('latin1')
  }
}

/** Larger than the file of any key: an RSA key of 16384 bits takes 13 KB. */
export const maxKeyFileBytes = 64 * 1024
