import type { Churn } from './churn.ts'

/** One connection's part of the shared memory. */
export interface Holding {
  /** Sets how many bytes it holds now; zero releases it. */
  set(bytes: number): void
}

/** The memory that the clients of one socket may fill together. */
export interface ByteBudget {
  /** @param close called when too much is held and this one has held bytes for longest. Its bytes are free already. */
  open(close: () => void): Holding
}

/**
 * Limits what all connections hold together: a limit for each, times their number, would be too much. The one that has
 * held bytes for longest has to go: an honest client is done in a moment.
 */
export function createByteBudget({ maxBytes, churn }: { maxBytes: number; churn: Churn }): ByteBudget {
  // In the order in which they began to hold something.
  const holding = new Map<() => void, number>()
  let total = 0

  const put = (close: () => void, bytes: number): void => {
    total += bytes - (holding.get(close) ?? 0)
    if (bytes === 0) holding.delete(close)
    else holding.set(close, bytes)
  }

  return {
    open(close) {
      let present = 0
      const evict = (): void => {
        present = 0
        close()
      }
      return {
        set(bytes) {
          if (bytes === present) return
          if (bytes > present) churn.held(bytes - present)
          present = bytes
          put(evict, bytes)
          while (total > maxBytes) {
            const [oldest] = holding.keys()
            put(oldest!, 0)
            oldest!()
          }
        },
      }
    },
  }
}
