import { backoffDelayMs } from '../core/renewal/backoff.ts'
import { failurePauseMs } from '../core/renewal/renewal-schedule.ts'
import type { Clock } from '../core/time/clock.ts'
import type { VaultApiRequest, VaultClient } from './client.ts'
import { isServerAway, isVaultError, type VaultError } from './vault-error.ts'

/**
 * Keeps requests from a server that is to be left alone, whichever identity or token they are for: it is away, or has said
 * that there are too many (docs/adr/0043-a-fleet-does-not-gang-up.md).
 */
export interface Circuit {
  /** The same client, whose requests are not sent where they would only be a burden: they fail as the last one that was. */
  guard(client: VaultClient): VaultClient
  /** The server has turned a request away, because there are too many of them. */
  limited(error: VaultError): void
}

/** Longer than any rate limit or maintenance: a server that asks for more is mistaken, and must not keep us away until a restart. */
const longestRestMs = 3_600_000
/** The most that passes without a look whether a server is back that does not say when, in ms: a certificate may have little more to live. */
const longestPauseMs = 5_000
const limitBackoff = { baseMs: 1_000, capMs: 60_000 }

/** What a circuit goes by. */
export interface CircuitDeps {
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
}

/** Creates a circuit through which everything goes. */
export function createCircuit({ clock, random }: CircuitDeps): Circuit {
  /** Nothing that is limited is sent until then, in ms of uptime. */
  let limit: { untilMs: number; error: VaultError } | undefined
  let limits = 0
  /** The server is away: until then nothing is sent that nobody waits for, and then one request at a time. */
  let away: { untilMs: number; error: VaultError } | undefined
  let failures = 0
  let isProbed = false

  const refusal = ({ purpose, isBackground = false }: VaultApiRequest): VaultError | undefined => {
    const nowMs = clock.uptime()
    // A person's login goes: quotas are of one path or role.
    const isLimited = purpose.type === 'sign' || isBackground
    if (isLimited && limit !== undefined && nowMs < limit.untilMs) return limit.error
    if (isBackground && away !== undefined && (isProbed || nowMs < away.untilMs)) return away.error
    return undefined
  }

  const answered = (): void => {
    away = undefined
    failures = 0
    if (limit !== undefined && clock.uptime() >= limit.untilMs) {
      limit = undefined
      limits = 0
    }
  }

  const failed = (error: unknown): void => {
    if (isServerAway(error)) {
      failures += 1
      const pauseMs = error.retryAfterMs ?? Math.min(longestPauseMs, failurePauseMs(failures, random))
      away = { untilMs: clock.uptime() + Math.min(pauseMs, longestRestMs), error }
    } else if (!isVaultError(error, 'VAULT_ABORTED', 'VAULT_CONFIG', 'VAULT_RATE_LIMITED')) answered()
  }

  return {
    guard: (client) => ({
      ...client,
      async request(request) {
        const error = refusal(request)
        if (error !== undefined) throw error
        const isProbe = away !== undefined && request.isBackground === true
        if (isProbe) isProbed = true
        try {
          const answer = await client.request(request)
          answered()
          return answer
        } catch (thrown) {
          failed(thrown)
          throw thrown
        } finally {
          if (isProbe) isProbed = false
        }
      },
    }),
    limited(error) {
      limits += 1
      // Full jitter: all who share a quota have been turned away at the same time.
      const restMs = error.retryAfterMs ?? Math.max(1_000, backoffDelayMs(limits, limitBackoff, random))
      const untilMs = clock.uptime() + Math.min(restMs, longestRestMs)
      limit = { untilMs: Math.max(untilMs, limit?.untilMs ?? 0), error }
    },
  }
}

/** The same client for what nobody waits for. */
export function inBackground(client: VaultClient): VaultClient {
  return { ...client, request: (request) => client.request({ ...request, isBackground: true }) }
}
