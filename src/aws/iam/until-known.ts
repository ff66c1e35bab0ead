import type { Clock } from '../../core/time/clock.ts'

/** How long AWS takes at most to tell all of its servers of something new, in ms: other tools wait for 20 s. */
const patienceMs = 30_000
/** The pauses between the tries, in ms: each twice as long as the one before. */
const firstPauseMs = 250
const longestPauseMs = 4_000

/**
 * Runs `work` again while AWS does not know yet what it was told a moment ago ("eventual consistency", IAM user guide,
 * "Changes that I make are not always immediately visible").
 * @param isUnknown whether a failure says just that
 * @throws what `work` throws, in the end
 */
export async function untilKnown<T>(
  clock: Clock,
  isUnknown: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const endMs = clock.uptime() + patienceMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work()
    } catch (error) {
      if (!isUnknown(error) || clock.uptime() + pauseMs > endMs) throw error
    }
    await new Promise<void>((resolve) => void clock.after(pauseMs, resolve))
  }
}
