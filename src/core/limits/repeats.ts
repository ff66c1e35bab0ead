import type { Clock } from '../time/clock.ts'

/** Decides which log lines of the same kind are written. */
export interface RepeatLimit {
  /**
   * True when a line of this kind may be written now.
   * @param kind one of a fixed number of kinds: never made from what a remote sends
   * @param report writes how many lines of the kind were left out; called once for each window that left some out
   */
  admits(kind: string, report: (leftOut: number) => void): boolean
}

/** Enough for an ordinary start with many identities, and few enough not to fill a disk. */
const linesPerWindow = 30
const windowMs = 60_000

/**
 * Lets the first 30 lines of a kind through in a minute and counts the others. A kind that goes on like that gets one
 * line and one count a minute, until it has been quiet for a minute. Each kind has its own count, so that a flood of one
 * hides no other. So a client that is refused a million times does not fill the disk.
 */
export function createRepeatLimit({ clock }: { clock: Clock }): RepeatLimit {
  const windows = new Map<string, { left: number; leftOut: number }>()

  const open = (kind: string, left: number, report: (leftOut: number) => void): void => {
    const window = { left, leftOut: 0 }
    windows.set(kind, window)
    clock.after(windowMs, () => {
      windows.delete(kind)
      if (window.leftOut === 0) return
      report(window.leftOut)
      open(kind, 1, report)
    })
  }

  return {
    admits(kind, report) {
      if (!windows.has(kind)) open(kind, linesPerWindow, report)
      const window = windows.get(kind)!
      window.left -= 1
      if (window.left >= 0) return true
      window.leftOut += 1
      return false
    },
  }
}
