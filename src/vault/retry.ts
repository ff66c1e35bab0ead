import { isTransient, type VaultError } from './vault-error.ts'

/** A failed attempt, with what decides whether the request is sent again. */
export interface FailedAttempt {
  error: VaultError
  /** The server may have acted on the request. */
  wasSent: boolean
}

/**
 * Whether a failed request may be sent again. One that is not idempotent may only when the server cannot have
 * acted on it: it was never reached, or its rate limit, which is checked before anything else, turned the request away.
 */
export function mayRetry({ error, wasSent }: FailedAttempt, isIdempotent: boolean): boolean {
  return isTransient(error) && (isIdempotent || !wasSent || error.code === 'VAULT_RATE_LIMITED')
}

/**
 * How long to wait before attempt number `attempt` (1 is the first retry), in ms: what the server asks for, else 1 to
 * 1.5 s times that number (the Go client's LinearJitterBackoff).
 */
export function retryDelayMs({ error }: FailedAttempt, attempt: number, random: () => number): number {
  return error.retryAfterMs ?? Math.round((1 + random() / 2) * 1000 * attempt)
}

/**
 * Reads Retry-After, seconds or an HTTP date (RFC 9110 §10.2.3), as ms from now.
 * @param nowMs by the server's clock
 * @returns undefined where there is none that can be read
 */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000
  const dateMs = Date.parse(header)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}
