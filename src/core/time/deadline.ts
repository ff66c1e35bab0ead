import type { Clock } from './clock.ts'

/**
 * Runs `run` with a signal that aborts when it takes too long; the signal's reason distinguishes this abort from others.
 * @param limitMs from now on
 */
export async function withDeadline<T>(
  clock: Clock,
  limitMs: number,
  run: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const cancel = clock.after(limitMs, () => controller.abort())
  try {
    return await run(controller.signal)
  } finally {
    cancel()
  }
}
