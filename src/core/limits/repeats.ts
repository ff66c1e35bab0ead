import type { Clock } from '../time/clock.ts'

/** Decides which of the lines that say the same are written. */
export interface RepeatLimit {
  /**
   * True when a line of this kind may be written now.
   * @param kind of a fixed number of kinds: never made of what a remote sends
   * @param tell writes how many lines of the kind were left out; called once for each window that left some out
   */
  admits(kind: string, tell: (leftOut: number) => void): boolean
}

/** Enough for an ordinary start with many identities, little enough for a disk. */
const linesPerWindow = 30
const windowMs = 60_000

/**
 * Lets the first 30 lines of a kind in a minute through and counts the others. A kind that goes on like that has one
 * line and one count a minute, until it was quiet for a minute. Each kind has its own count, so that a flood of one
 * hides no other; a client that is refused a million times fills no disk.
 */
export function createRepeatLimit({ clock }: { clock: Clock }): RepeatLimit {
  const windows = new Map<string, { left: number; leftOut: number }>()

  const open = (kind: string, left: number, tell: (leftOut: number) => void): void => {
    const window = { left, leftOut: 0 }
    windows.set(kind, window)
    clock.after(windowMs, () => {
      windows.delete(kind)
      if (window.leftOut === 0) return
      tell(window.leftOut)
      open(kind, 1, tell)
    })
  }

  return {
    admits(kind, tell) {
      if (!windows.has(kind)) open(kind, linesPerWindow, tell)
      const window = windows.get(kind)!
      window.left -= 1
      if (window.left >= 0) return true
      window.leftOut += 1
      return false
    },
  }
}
