import type { Clock } from '../../src/core/clock.ts'

export interface FakeClock extends Clock {
  /** Moves wall clock and uptime, and runs the timers that fall due, in order. */
  advance(ms: number): void
  /** Number of timers that are armed. */
  pendingTimers(): number
}

/** A clock that stands still until it is moved. @param startMs wall-clock time in ms since the epoch */
export function fakeClock(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)): FakeClock {
  let elapsedMs = 0
  let timers: { atMs: number; run: () => void }[] = []
  return {
    now: () => startMs + elapsedMs,
    uptime: () => elapsedMs,
    after(delayMs, run) {
      const timer = { atMs: elapsedMs + Math.max(0, delayMs), run }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(ms) {
      const endMs = elapsedMs + ms
      for (;;) {
        const next = timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        elapsedMs = next.atMs
        next.run()
      }
      elapsedMs = endMs
    },
    pendingTimers: () => timers.length,
  }
}
