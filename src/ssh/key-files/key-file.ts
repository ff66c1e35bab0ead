import type { KeyObject } from 'node:crypto'
import type { PublicKey } from '../public-key.ts'

/** What is in the file of a private key. */
export interface KeyFile {
  privateKey: KeyObject
  publicKey: PublicKey
  /** Empty where there is none, and in all forms but OpenSSH's and PuTTY's. */
  comment: string
}

/** Larger than the file of any key: an RSA key of 16384 bits takes 13 KB. */
export const maxKeyFileBytes = 64 * 1024
