import { errorCode } from '../errors.ts'
import type { Clock } from '../time/clock.ts'

/** A run of failures that has not ended. */
export interface FailureRun {
  /** The latest error. */
  error: unknown
  /** The time of the first failure in the run, in wall-clock ms. */
  sinceMs: number
  /** The time of the latest failure in the run, in wall-clock ms. */
  lastMs: number
  /** How many there were. */
  count: number
}

/** How the latest attempt ended: for `status`, and for a log in which an outage that lasts all night is one line. */
export interface LastOutcome {
  /** It has worked, or what failed no longer matters. @returns the run of failures that this ends */
  succeeded(): FailureRun | undefined
  /** It has failed. @returns true if that is news: the first failure of its kind in this run */
  failed(error: unknown): boolean
  /** Records how `call` ends, and ends the same way. */
  note<T>(call: () => Promise<T>): Promise<T>
  /** The current run of failures; undefined after a success, and before the first attempt. */
  failure(): FailureRun | undefined
  /** The latest error; undefined when `failure()` is. */
  error(): unknown
}

/** Starts without a failure. */
export function createLastOutcome(clock: Clock): LastOutcome {
  let current: FailureRun | undefined
  let kinds = new Set<string>()

  const succeeded = () => {
    const ended = current
    current = undefined
    kinds = new Set()
    return ended
  }

  const failed = (error: unknown) => {
    const nowMs = clock.now()
    current = { error, sinceMs: current?.sinceMs ?? nowMs, lastMs: nowMs, count: (current?.count ?? 0) + 1 }
    // Not by the message: the network words the same outage differently every minute.
    const kind = errorCode(error) ?? (error instanceof Error ? error.name : 'unknown')
    const isNews = !kinds.has(kind)
    kinds.add(kind)
    return isNews
  }

  return {
    succeeded,
    failed,
    async note(call) {
      try {
        const result = await call()
        succeeded()
        return result
      } catch (error) {
        failed(error)
        throw error
      }
    },
    failure: () => current,
    error: () => current?.error,
  }
}
