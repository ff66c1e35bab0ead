import { createPublicKey, verify } from 'node:crypto'

/** What a JWT says, as far as the doubles look at it. */
export interface Claims {
  readonly [name: string]: unknown
  iss?: string
  sub?: string
  aud?: string | readonly string[]
  /** Seconds since the epoch, as are the next two. */
  exp?: number
  nbf?: number
  iat?: number
}

/** The claims of a JWT whoever has signed it; undefined for anything else. */
export function readClaims(jwt: string): Claims | undefined {
  const [header, payload, signature, ...more] = jwt.split('.').map((part) => Buffer.from(part, 'base64url'))
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined
  try {
    JSON.parse(header.toString())
    const claims: unknown = JSON.parse(payload.toString())
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined
  } catch {
    return undefined
  }
}

/** Whether one of these keys has signed it. Only RS256 is understood. @param pems public keys */
export function isSignedBy(jwt: string, pems: readonly string[]): boolean {
  const end = jwt.lastIndexOf('.')
  const signature = Buffer.from(jwt.slice(end + 1), 'base64url')
  return pems.some((pem) => verify('RSA-SHA256', Buffer.from(jwt.slice(0, end)), createPublicKey(pem), signature))
}

/** By how much clocks may differ, and how long a JWT lives that does not say so, in seconds (hashicorp/cap jwt/jwt.go). */
const skewSeconds = 60
const lifeSeconds = 150

/** What is wrong with its times; undefined where nothing is. */
export function refusalOfTimes({ exp, nbf, iat }: Claims, nowMs: number): string | undefined {
  if (exp === undefined && nbf === undefined && iat === undefined) {
    return 'no issued at (iat), not before (nbf), or expiration time (exp) claims in token'
  }
  const nowSeconds = nowMs / 1000
  const beginsAt = nbf ?? iat
  if (beginsAt !== undefined && nowSeconds + skewSeconds < beginsAt) {
    return 'invalid not before (nbf) claim: token not yet valid'
  }
  const endsAt = exp ?? Math.max(nbf ?? 0, iat ?? 0) + lifeSeconds
  return nowSeconds - skewSeconds > endsAt ? 'invalid expiration time (exp) claim: token is expired' : undefined
}
