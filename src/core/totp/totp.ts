import { createHmac } from 'node:crypto'
import { decodeBase32 } from './base32.ts'

/** The hashes of RFC 6238 §1.2. */
export const totpAlgorithms = ['sha1', 'sha256', 'sha512'] as const

/** What the defaults of RFC 6238 may be instead. */
export interface TotpOptions {
  /** 6 by default */
  digits?: number
  /** 30 by default */
  periodSeconds?: number
  /** SHA-1 by default */
  algorithm?: (typeof totpAlgorithms)[number]
}

/** The number of the period that `atMs` (since the epoch) lies in: T of RFC 6238 §4.2. */
export function totpStep(atMs: number, periodSeconds = 30): number {
  return Math.floor(atMs / 1000 / periodSeconds)
}

/** The code of one step: HOTP (RFC 4226 §5.3). @throws {Base32Error} BASE32_INVALID */
export function totpOfStep(
  secretBase32: string,
  step: number,
  { digits = 6, algorithm = 'sha1' }: Omit<TotpOptions, 'periodSeconds'> = {},
): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm, decodeBase32(secretBase32)).update(counter).digest()
  const number = mac.readUInt32BE(mac[mac.length - 1]! & 0x0f) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * The code that an authenticator app shows at `atMs` (since the epoch), RFC 6238.
 * @throws {Base32Error} BASE32_INVALID
 */
export function totp(secretBase32: string, atMs: number, options: TotpOptions = {}): string {
  return totpOfStep(secretBase32, totpStep(atMs, options.periodSeconds), options)
}
