import { backoffDelayMs } from './backoff.ts'

/** Something to be done at a time. */
export interface PlannedStep {
  /** Wall-clock ms since the epoch. */
  atMs: number
  /** When the value that the step renews ends, in wall-clock ms; absent where nothing ends. */
  endMs?: number | undefined
}

/** The rest after a step, before the next one. */
export interface Pause {
  lengthMs: number
  /** What the step failed with lasts: the pause is kept to, however little is left of the value. */
  isLasting: boolean
  /** `uptime()` of the clock when the step was over. */
  sinceMs: number
}

/** What has just been done well is not done again within a second, whatever is planned: no server is asked without end. */
export const shortestPauseMs = 1_000
/** What only a change can cure is not tried again within five minutes, unless something is said to have changed. */
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

/**
 * How long it is to a step, in ms; zero or less: it is due. A pause is over earlier where it would take more than a
 * quarter of what is left of the value, so that an outage that ends in time never costs the value.
 */
export function delayToStepMs(
  step: PlannedStep,
  pause: Pause | undefined,
  now: { wallMs: number; uptimeMs: number },
): number {
  const dueMs = step.atMs - now.wallMs
  if (pause === undefined) return dueMs
  const leftMs = (step.endMs ?? 0) - now.wallMs
  const isBound = leftMs > 0 && !pause.isLasting
  const lengthMs = isBound ? Math.min(pause.lengthMs, Math.max(shortestPauseMs, leftMs / 4)) : pause.lengthMs
  return Math.max(dueMs, pause.sinceMs + lengthMs - now.uptimeMs)
}
