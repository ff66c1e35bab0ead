import type { Clock } from './clock.ts'

/** Waits until some work has ended, however it has, but never for longer than this. @param limitMs from now on */
export function settledWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve)
    const end = () => {
      cancel()
      resolve()
    }
    work.then(end, end)
  })
}
