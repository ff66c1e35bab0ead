import { errorCode } from '../errors.ts'
import type { Clock } from '../time/clock.ts'

/** A row of failures that has not ended. */
export interface FailureRow {
  /** What it failed with last. */
  error: unknown
  /** The first of the row, in wall-clock ms. */
  sinceMs: number
  /** The last of the row, in wall-clock ms. */
  lastMs: number
  /** How many there were. */
  count: number
}

/** How something ended that is tried again and again: for the status, and for a log in which an outage of a night is one line. */
export interface LastOutcome {
  /** It has worked, or what failed is of no account any more. @returns the row of failures that this ends */
  succeeded(): FailureRow | undefined
  /** It has failed. @returns true where that is news: the first failure of its kind in this row */
  failed(error: unknown): boolean
  /** Notes how `call` ends, and ends likewise. */
  note<T>(call: () => Promise<T>): Promise<T>
  /** The row of failures that goes on; undefined after a success, and before anything was tried. */
  failure(): FailureRow | undefined
  /** What it failed with last; undefined where `failure` is. */
  error(): unknown
}

/** One who knows no failure yet. */
export function createLastOutcome(clock: Clock): LastOutcome {
  let row: FailureRow | undefined
  let kinds = new Set<string>()

  const succeeded = () => {
    const ended = row
    row = undefined
    kinds = new Set()
    return ended
  }

  const failed = (error: unknown) => {
    const nowMs = clock.now()
    row = { error, sinceMs: row?.sinceMs ?? nowMs, lastMs: nowMs, count: (row?.count ?? 0) + 1 }
    // Not by the words: the network puts the same outage into others every minute.
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
    failure: () => row,
    error: () => row?.error,
  }
}
