import { createSoon } from '../calls/soon.ts'
import type { Clock } from '../time/clock.ts'

/** Keeps count of the memory that clients make this process use and let go. */
export interface Churn {
  /** Bytes have arrived, most of which are used up at once. */
  used(bytes: number): void
  /** Bytes are kept until more of them arrive. */
  held(bytes: number): void
}

/** What garbage collection needs. */
export interface ChurnDeps {
  clock: Clock
  /** Runs a full garbage collection, which takes some tens of milliseconds. */
  collect: () => void
}

const usedBytes = 8 * 1024 * 1024
/** As much as the clients of one socket may hold at once; so there is at most the same amount of garbage besides. */
const heldBytes = 16 * 1024 * 1024
const collectAfterMs = 20_000

/**
 * Triggers garbage collection by how much clients have sent. V8 lets 64 MiB of buffers build up before it collects them,
 * on top of what is held. While nothing happens it collects nothing: what a client that has left once sent would stay in
 * memory for ever, but for a setting (src/daemon/process/garbage.ts) and this (ADR 0020).
 */
export function createChurn({ clock, collect }: ChurnDeps): Churn {
  let used = 0
  let held = 0

  const collectNow = (): void => {
    used = 0
    held = 0
    collect()
  }
  const collectSoon = createSoon(clock, collectAfterMs, collectNow)

  return {
    used(bytes) {
      used += bytes
      if (used >= usedBytes) collectSoon()
    },
    held(bytes) {
      held += bytes
      if (held >= heldBytes) collectNow()
    },
  }
}
