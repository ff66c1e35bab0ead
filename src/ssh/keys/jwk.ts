import type { JsonWebKey } from 'node:crypto'

/** The number of a JWK (RFC 7518 §6); empty where there is none. */
export function jwkNumber(jwk: JsonWebKey, name: 'x' | 'y' | 'n' | 'e'): Uint8Array {
  return Buffer.from(jwk[name] ?? '', 'base64url')
}

/** A number as a JWK has it. */
export function jwkText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
