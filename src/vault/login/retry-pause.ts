import { failurePauseMs, lastingPauseMs } from '../../core/renewal/renewal-schedule.ts'
import type { Clock } from '../../core/time/clock.ts'

/** The pauses between tries that failed, longer each time. */
export interface RetryPause {
  /** @throws what the last try failed with, while its pause lasts */
  check(): void
  /** @param lasts only a change here or there can cure it */
  failed(error: unknown, lasts: boolean): void
  /** It has worked, or something has changed: the next try is made at once. */
  clear(): void
}

/**
 * Pauses of 1 s and more.
 * @param random uniform in [0, 1)
 * @param longestMs no pause is longer, except after a lasting failure
 */
export function createRetryPause(clock: Clock, random: () => number, longestMs: number): RetryPause {
  let failures = 0
  let pause: { untilMs: number; error: unknown } | undefined

  return {
    check() {
      if (pause !== undefined && clock.uptime() < pause.untilMs) throw pause.error
    },
    failed(error, lasts) {
      failures += 1
      const lengthMs = lasts ? lastingPauseMs : Math.min(longestMs, failurePauseMs(failures, random))
      pause = { untilMs: clock.uptime() + lengthMs, error }
    },
    clear() {
      failures = 0
      pause = undefined
    },
  }
}
