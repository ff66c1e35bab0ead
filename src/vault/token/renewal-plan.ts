import { expiresAtMs, type TokenLease } from './token-lease.ts'

/** The next thing to do for a token, and when, in wall-clock ms since the epoch. */
export interface TokenStep {
  type: 'renew' | 'login'
  atMs: number
}

/** However short-lived a token is, the server is not asked more often than this, in ms. */
const minDelayMs = 1000

/**
 * Plans ahead for a token: it is renewed at two thirds of its lease, the rest being for retries; one that cannot be
 * renewed any further is replaced at nine tenths where that needs no person. A token that does not expire or may be used
 * a few times only is left alone.
 * @param mayLogIn a new login needs no person
 */
export function planRenewal(lease: TokenLease, mayLogIn: boolean, nowMs: number): TokenStep | undefined {
  const endMs = expiresAtMs(lease)
  if (endMs === undefined) return undefined
  if (endMs <= nowMs) return mayLogIn ? { type: 'login', atMs: nowMs } : undefined
  const leaseMs = lease.leaseSeconds * 1000
  const at = (share: number) => lease.grantedAtMs + Math.max(minDelayMs, Math.round(leaseMs * share))
  if (lease.isRenewable && !lease.isBatch && !lease.isLimited) return { type: 'renew', atMs: at(2 / 3) }
  return mayLogIn && !lease.isLimited ? { type: 'login', atMs: at(9 / 10) } : undefined
}
