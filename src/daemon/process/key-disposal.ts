import type { Clock } from '../../core/time/clock.ts'

/** Soon, and once for all that are let go meanwhile: a collection takes 10 ms, or 100 where there is much to free. */
const delayMs = 1_000

/**
 * Takes the private keys out of memory that nobody holds any more: Node frees a key together with its garbage, which a
 * process that mostly waits may not collect for hours, by a collector that does not know how much memory a key takes.
 * @param collect frees all garbage at once
 * @returns to be called whenever a key has been let go
 */
export function createKeyDisposal(clock: Clock, collect: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    clock.after(delayMs, () => {
      isDue = false
      collect()
    })
  }
}
