import type { JsonWebKey } from 'node:crypto'

/** A number of a JWK (RFC 7518 §6); empty if there is none. */
export function jwkNumber(jwk: JsonWebKey, name: 'x' | 'y' | 'n' | 'e'): Uint8Array {
  return Buffer.from(jwk[name] ?? '', 'base64url')
}

/** A number in the form that a JWK has. */
export function jwkText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
