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

/**
 * How long it is until a step, in ms; zero or less: it is due. A pause ends early if it would take more than a quarter of
 * the time that is left until the value expires, so that an outage that ends in time never costs the value.
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
