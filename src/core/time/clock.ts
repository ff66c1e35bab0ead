/** The one source of time. Injected everywhere, so that tests move it. */
export interface Clock {
  /** Wall-clock time in ms since the epoch: for certificates and sessions, whose limits are wall-clock times. */
  now(): number
  /** Monotonic ms that also count while the machine sleeps (CLOCK_BOOTTIME): for lifetimes given as a duration. */
  uptime(): number
  /**
   * Runs `run` once after about `delayMs`; returns a function that cancels it. Never keeps the process alive.
   * A hint only: timers stand still in suspend, so code that relies on a limit checks it again when it uses the value.
   */
  after(delayMs: number, run: () => void): () => void
  /** For how long its timers can be relied on, in ms; a minute if absent. */
  readonly reliableMs?: number
}

/**
 * How long to sleep at most before looking again. Timers stand still while the machine sleeps, and the wall clock may be
 * set: what became due in either way is noticed within a minute.
 */
export const longestSleepMs = ({ reliableMs = 60_000 }: Clock): number => reliableMs

/** The longest delay that setTimeout takes: a larger one fires at once. */
const longestTimerMs = 2 ** 31 - 1

/** @param uptimeSeconds boot time in seconds, `os.uptime` in production (it reads CLOCK_BOOTTIME) */
export function createSystemClock(uptimeSeconds: () => number): Clock {
  return {
    now: () => Date.now(),
    uptime: () => uptimeSeconds() * 1000,
    after(delayMs, run) {
      let timer: NodeJS.Timeout
      const arm = (leftMs: number) => {
        const stepMs = Math.min(Math.max(leftMs, 0), longestTimerMs)
        timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs)
        timer.unref()
      }
      arm(delayMs)
      return () => clearTimeout(timer)
    },
  }
}
