import type { Clock } from '../../src/core/time/clock.ts'

export interface FakeClock extends Clock {
  /** Moves wall clock and uptime, and runs the timers that fall due, in order. */
  advance(ms: number): void
  /** Lets the machine sleep: wall clock and uptime go on, timers stand still. */
  suspend(ms: number): void
  /** Sets the wall clock, forward or back, as NTP, a person or the resumption of a paused virtual machine does. */
  setWallClock(byMs: number): void
  /** Number of timers that are armed. */
  pendingTimers(): number
}

/** A clock that stands still until it is moved. @param startMs wall-clock time in ms since the epoch */
export function fakeClock(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)): FakeClock {
  let wallMs = startMs
  let uptimeMs = 0
  /** What timers count. */
  let elapsedMs = 0
  let timers: { atMs: number; run: () => void }[] = []
  const pass = (ms: number) => {
    wallMs += ms
    uptimeMs += ms
  }
  const moveTo = (atMs: number) => {
    pass(atMs - elapsedMs)
    elapsedMs = atMs
  }
  return {
    now: () => wallMs,
    uptime: () => uptimeMs,
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
        moveTo(next.atMs)
        next.run()
      }
      moveTo(endMs)
    },
    suspend: pass,
    setWallClock(byMs) {
      wallMs += byMs
    },
    pendingTimers: () => timers.length,
  }
}
