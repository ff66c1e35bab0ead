import { DevVaultError } from '../errors.ts'
import { formatGoDuration } from '../go-duration.ts'
import type { MountEntry } from '../state.ts'
import type { TokenTerms } from './token-terms.ts'

/** The server's default and longest time to live of everything: 768 hours. */
export const systemTtlSeconds = 2_764_800

/** What decides a time to live. Seconds; 0 is not set. */
export interface TtlWishes {
  /** What a renewal asks for. */
  incrementSeconds?: number
  ttlSeconds: number
  periodSeconds: number
  maxTtlSeconds?: number
  explicitMaxTtlSeconds: number
  /** Of the mount; 0 is the system's. */
  mountDefaultSeconds?: number
  mountMaxSeconds?: number
  issuedAtMs: number
}

/** What a user or role says about the tokens that come from it. */
export function ttlOfTerms(terms: TokenTerms): Omit<TtlWishes, 'issuedAtMs'> {
  return {
    ttlSeconds: terms.token_ttl,
    maxTtlSeconds: terms.token_max_ttl,
    explicitMaxTtlSeconds: terms.token_explicit_max_ttl,
    periodSeconds: terms.token_period,
  }
}

/** What a login method says about the tokens that come from it. */
export function ttlOfMount(mount: MountEntry): Pick<TtlWishes, 'mountDefaultSeconds' | 'mountMaxSeconds'> {
  return { mountDefaultSeconds: mount.defaultLeaseSeconds, mountMaxSeconds: mount.maxLeaseSeconds }
}

/**
 * A token's time to live (OpenBao sdk/framework/lease.go, CalculateTTL), with Vault's warnings about what was cut.
 * @throws {DevVaultError} INTERNAL when the maximum life is over
 */
export function calculateTtl(wishes: TtlWishes, nowMs: number): { ttlSeconds: number; warnings: string[] } {
  const warnings: string[] = []
  const limits = [wishes.mountMaxSeconds || systemTtlSeconds, wishes.maxTtlSeconds, wishes.explicitMaxTtlSeconds]
  const maxTtl = Math.min(...limits.filter((limit): limit is number => limit !== undefined && limit > 0))
  const isPeriodic = wishes.periodSeconds > 0
  const period = Math.min(wishes.periodSeconds, maxTtl)
  if (wishes.periodSeconds > maxTtl) {
    warnings.push(
      `period of "${formatGoDuration(wishes.periodSeconds)}" exceeded the effective max_ttl of "${formatGoDuration(maxTtl)}"; period value is capped accordingly`,
    )
  }
  const wished = isPeriodic
    ? period
    : wishes.incrementSeconds || wishes.ttlSeconds || wishes.mountDefaultSeconds || systemTtlSeconds
  // A periodic token lives on for ever, unless an explicit limit was set.
  const lifetime = isPeriodic ? wishes.explicitMaxTtlSeconds || Number.POSITIVE_INFINITY : maxTtl
  const left = wholeSeconds(wishes.issuedAtMs) + lifetime - wholeSeconds(nowMs)
  if (left <= 0) throw new DevVaultError('INTERNAL', 'past the max TTL, cannot renew')
  if (wished <= left) return { ttlSeconds: wished, warnings }
  warnings.push(
    `TTL of "${formatGoDuration(wished)}" exceeded the effective max_ttl of "${formatGoDuration(left)}"; TTL value is capped accordingly`,
  )
  return { ttlSeconds: left, warnings }
}

const wholeSeconds = (ms: number) => Math.floor(ms / 1000)
