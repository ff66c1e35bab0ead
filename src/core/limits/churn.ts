import type { Clock } from '../time/clock.ts'

/** Told of the memory that clients make this process use and let go. */
export interface Churn {
  /** Bytes have come, mostly to be used up at once. */
  used(bytes: number): void
  /** Bytes are kept until more comes. */
  held(bytes: number): void
}

/** What the collection of garbage works with. */
export interface ChurnDeps {
  clock: Clock
  /** Runs the garbage collector over everything, which takes some tens of milliseconds. */
  collect: () => void
}

const usedBytes = 8 * 1024 * 1024
/** As much as the clients of one socket hold at once: beside that there is as much garbage at most. */
const heldBytes = 16 * 1024 * 1024
const collectAfterMs = 20_000

/**
 * Has garbage collected by what clients have sent. V8 lets 64 MiB of buffers gather before it looks at them, on top of
 * what is held. Left alone it looks at none while nothing happens: whoever has sent much and left would be remembered for
 * ever, but for a setting (src/daemon/process/garbage.ts) and this (ADR 0020).
 */
export function createChurn({ clock, collect }: ChurnDeps): Churn {
  let used = 0
  let held = 0
  let isDue = false

  const collectNow = (): void => {
    used = 0
    held = 0
    collect()
  }

  return {
    used(bytes) {
      used += bytes
      if (used < usedBytes || isDue) return
      isDue = true
      clock.after(collectAfterMs, () => {
        isDue = false
        collectNow()
      })
    },
    held(bytes) {
      held += bytes
      if (held >= heldBytes) collectNow()
    },
  }
}
