import { createHmac } from 'node:crypto'
import { CodedError } from '../core/errors.ts'

/** A secret that is not valid. */
export class TotpError extends CodedError<'TOTP_SECRET_INVALID'> {}

/** RFC 4648 §6 */
const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Base32 (RFC 4648 §6) without padding, as authenticator apps show a secret. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let heldBits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    heldBits += 8
    while (heldBits >= 5) {
      heldBits -= 5
      text += base32Alphabet[(held >>> heldBits) & 31]
    }
    held &= 0xff
  }
  return heldBits === 0 ? text : text + base32Alphabet[(held << (5 - heldBits)) & 31]
}

/**
 * Reads base32 as people copy it: either case, with spaces, with or without padding.
 * @throws {TotpError} TOTP_SECRET_INVALID
 */
export function decodeBase32(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '').replace(/=+$/, '').toUpperCase()
  const bytes: number[] = []
  let held = 0
  let heldBits = 0
  for (const digit of digits) {
    const value = base32Alphabet.indexOf(digit)
    if (value < 0) throw new TotpError('TOTP_SECRET_INVALID', 'the TOTP secret is not base32 (A to Z and 2 to 7)')
    held = ((held << 5) | value) & 0xfff
    heldBits += 5
    if (heldBits >= 8) {
      heldBits -= 8
      bytes.push((held >>> heldBits) & 0xff)
    }
  }
  return Uint8Array.from(bytes)
}

/** What the defaults of RFC 6238 may be instead. */
export interface TotpOptions {
  /** 6 by default */
  digits?: number
  /** 30 by default */
  periodSeconds?: number
}

/** The number of the period that `atMs` (since the epoch) lies in: T of RFC 6238 §4.2. */
export function totpStep(atMs: number, periodSeconds = 30): number {
  return Math.floor(atMs / 1000 / periodSeconds)
}

/** The code of one step: HOTP with HMAC-SHA-1 (RFC 4226 §5.3). @throws {TotpError} TOTP_SECRET_INVALID */
export function totpOfStep(secretBase32: string, step: number, digits = 6): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', decodeBase32(secretBase32)).update(counter).digest()
  const number = mac.readUInt32BE(mac[mac.length - 1]! & 0x0f) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/**
 * The code that an authenticator app shows at `atMs` (since the epoch), RFC 6238.
 * @throws {TotpError} TOTP_SECRET_INVALID
 */
export function totp(secretBase32: string, atMs: number, { digits, periodSeconds }: TotpOptions = {}): string {
  return totpOfStep(secretBase32, totpStep(atMs, periodSeconds), digits)
}
