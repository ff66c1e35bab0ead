import type { Clock } from './clock.ts'

/** Lets something that is asked for all the time be done now and then. */
export interface Interval {
  /** True when it is due, which it then is not again before the interval is over. */
  takeTurn(): boolean
}

/**
 * An interval by the wall clock: reading the uptime costs more than what is spared here. A clock that was set back makes it due.
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
