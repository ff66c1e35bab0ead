import { backoffDelayMs } from './backoff.ts'

/** Something to be done at a time. */
export interface PlannedStep {
  /** Wall-clock ms since the epoch. */
  atMs: number
  /** When the value that the step renews expires, in wall-clock ms; absent if nothing expires. */
  endMs?: number | undefined
}

/** The rest after a step, before the next one. */
export interface Pause {
  lengthMs: number
  /** The failure of the step lasts: the pause is kept in full, however soon the value expires. */
  isLasting: boolean
  /** `uptime()` of the clock when the step was over. */
  sinceMs: number
  /**
   * Where many machines renew theirs at the same server: at which point of the first nine tenths of what was left of the
   * value the pause ends, in [0, 1). It then counts in place of the length, as long as something is left.
   */
  share?: number | undefined
}

/** After a success, nothing is done again within a second, whatever is planned: no server is asked in a tight loop. */
export const shortestPauseMs = 1_000
/** After a failure that only a change can cure, five minutes pass before the next try, unless a change is reported. */
export const lastingPauseMs = 300_000
const backoff = { baseMs: 1_000, capMs: 60_000 }

/**
 * How long to rest after failure number `failures` (from 1): 1 s, then up to 2, 4, 8 … 60 s. The upper half of it is
 * jitter, so that no pause is shorter than the one before and a fleet does not come back at once.
 * @param random uniform in [0, 1)
 */
export function failurePauseMs(failures: number, random: () => number): number {
  const longestMs = Math.min(backoff.capMs, backoff.baseMs * 2 ** (failures - 1))
  return Math.max(
    shortestPauseMs,
    longestMs / 2 + backoffDelayMs(0, { baseMs: longestMs / 2, capMs: longestMs / 2 }, random),
  )
}

/** A try takes time, too: it is not left to the last moment. */
const latestShare = 0.9

/** A step that many machines may have become due for at once, as when their network is back, is spread over so long, in ms. */
const longestSpreadMs = 30_000

/**
 * How long to wait before a step that nobody waits for, though it is due: up to 30 s, or a tenth of what is left.
 * @param random uniform in [0, 1)
 */
export function spreadMs(step: PlannedStep, nowMs: number, random: () => number): number {
  const leftMs = Math.max(0, (step.endMs ?? Number.POSITIVE_INFINITY) - nowMs)
  return Math.floor(random() * Math.min(longestSpreadMs, leftMs / 10))
}

/**
 * How long it is until a step, in ms; zero or less: it is due. A pause ends early if it would take more than a quarter of
 * the time that is left until the value expires, so that an outage that ends in time never costs the value. One with a
 * share ends before the value does, too.
 */
export function delayToStepMs(
  step: PlannedStep,
  pause: Pause | undefined,
  now: { wallMs: number; uptimeMs: number },
): number {
  const dueMs = step.atMs - now.wallMs
  if (pause === undefined) return dueMs
  return Math.max(dueMs, pause.sinceMs + lengthOf(pause, (step.endMs ?? 0) - now.wallMs, now.uptimeMs) - now.uptimeMs)
}

function lengthOf({ lengthMs, isLasting, share, sinceMs }: Pause, leftMs: number, uptimeMs: number): number {
  if (isLasting || leftMs <= 0) return lengthMs
  if (share === undefined) return Math.min(lengthMs, Math.max(shortestPauseMs, leftMs / 4))
  return Math.max(shortestPauseMs, share * latestShare * (leftMs + uptimeMs - sinceMs))
}
