import { createSoon } from '../../core/calls/soon.ts'
import type { Clock } from '../../core/time/clock.ts'

/** Soon, but once for all keys that are let go meanwhile: a collection takes 10 ms, or 100 ms if there is much to free. */
const delayMs = 1_000

/**
 * Removes private keys that nobody holds any more from memory: Node frees a key only when its garbage is collected. A
 * process that mostly waits may not collect for hours, because the collector does not know how much memory a key takes.
 * @param collect frees all garbage at once
 * @returns a function to be called whenever a key has been let go
 */
export function createKeyDisposal(clock: Clock, collect: () => void): () => void {
  return createSoon(clock, delayMs, collect)
}
