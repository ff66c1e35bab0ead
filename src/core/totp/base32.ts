import { CodedError } from '../errors.ts'

/** A text that is not base32. It is not repeated: it is mostly a secret. */
export class Base32Error extends CodedError<'BASE32_INVALID'> {}

/** RFC 4648 §6 */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

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
      text += alphabet[(held >>> heldBits) & 31]
    }
    held &= 0xff
  }
  return heldBits === 0 ? text : text + alphabet[(held << (5 - heldBits)) & 31]
}

/**
 * Reads base32 as people copy it: either case, with spaces, with or without padding.
 * @throws {Base32Error} BASE32_INVALID
 */
export function decodeBase32(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '').replace(/=+$/, '').toUpperCase()
  const bytes: number[] = []
  let held = 0
  let heldBits = 0
  for (const digit of digits) {
    const value = alphabet.indexOf(digit)
    if (value < 0) throw new Base32Error('BASE32_INVALID', 'it is not base32 (A to Z and 2 to 7)')
    held = ((held << 5) | value) & 0xfff
    heldBits += 5
    if (heldBits >= 8) {
      heldBits -= 8
      bytes.push((held >>> heldBits) & 0xff)
    }
  }
  return Uint8Array.from(bytes)
}
