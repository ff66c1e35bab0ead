/** Bounds of a retry delay, in ms. */
export interface BackoffBounds {
  baseMs: number
  capMs: number
}

/**
 * The delay before retry number `attempt` (0 is the first): full jitter between 0 and base·2^attempt, capped
 * (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * @param random uniform in [0, 1)
 */
export function backoffDelayMs(attempt: number, bounds: BackoffBounds, random: () => number): number {
  return Math.floor(random() * Math.min(bounds.capMs, bounds.baseMs * 2 ** attempt))
}
