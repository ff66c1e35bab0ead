import type { Clock } from '../time/clock.ts'

/**
 * Puts work off, and does it once for all who ask for it meanwhile.
 * @param delayMs from the first request on, in ms
 * @returns a function that asks for it
 */
export function createSoon(clock: Clock, delayMs: number, work: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    clock.after(delayMs, () => {
      isDue = false
      work()
    })
  }
}
