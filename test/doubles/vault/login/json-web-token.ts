import { createPublicKey, verify } from 'node:crypto'

/** What a JWT says, as far as the doubles look at it. */
export interface Claims {
  readonly [name: string]: unknown
  iss?: string
  sub?: string
  aud?: string | readonly string[]
  /** Seconds since the epoch. */
  exp?: number
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

/** Whether its time is over. */
export function isOver({ exp = 0 }: Claims, nowMs: number): boolean {
  return exp * 1000 <= nowMs
}
