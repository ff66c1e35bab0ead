import type { Clock } from './clock.ts'

/** Limits how often something that is requested all the time is done. */
export interface Interval {
  /** True if it is due; after that, it is not due again until the interval has passed. */
  takeTurn(): boolean
}

/**
 * An interval by the wall clock: reading the uptime costs more than the interval saves. Setting the clock back makes it due.
 * @param isDue whether it is due at once
 */
export function createInterval(clock: Clock, lengthMs: number, isDue: boolean): Interval {
  let lastMs = isDue ? Number.NEGATIVE_INFINITY : clock.now()
  return {
    takeTurn() {
      const nowMs = clock.now()
      if (nowMs >= lastMs && nowMs < lastMs + lengthMs) return false
      lastMs = nowMs
      return true
    },
  }
}
