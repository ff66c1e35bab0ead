import type { Marking, Standing } from '../../core/limits/admission.ts'
import type { ByteBudget } from '../../core/limits/byte-budget.ts'
import type { Clock } from '../../core/time/clock.ts'

/** What a connection is waiting for. */
export type WaitReason =
  /** The next request. */
  | 'request'
  /** The rest of a message. */
  | 'message'
  /** An answer that is being prepared, or the connection's turn. */
  | 'answer'
  /** The client to read. */
  | 'reader'

/** Keeps one connection to its limits. */
export interface ConnectionWatch {
  /**
   * Called whenever the connection starts to wait, or goes on waiting.
   * @param answered how many requests have been answered
   * @param heldBytes how much memory the connection holds now
   */
  waits(reason: WaitReason, answered: number, heldBytes: number): void
  /** The connection has closed. */
  end(): void
}

/** What a watch needs. */
export interface ConnectionWatchDeps {
  clock: Clock
  seat: Marking
  budget: ByteBudget
  /** Closes the connection at once, and logs the reason. */
  close(reason: string): void
}

/** Counted from a message's first byte. Forwarded agents may be behind slow networks that sometimes stall for a while. */
const messageMs = 30_000
/** The time to read the answers of one turn. */
const readerMs = 60_000

/**
 * Holds one connection to its limits of time and memory, and tells its seat what it is doing. Time counts only while the
 * client owes something: the rest of a message, or reading. A connection may be idle between whole requests for ever
 * (docs/PROTOCOL.md P-15).
 */
export function watchConnection({ clock, seat, budget, close }: ConnectionWatchDeps): ConnectionWatch {
  const holding = budget.open(() => close('the clients together hold too much memory'))
  let last: WaitReason = 'request'
  let lastAnswered = 0
  let cancel: (() => void) | undefined

  const limit = (ms: number, reason: string): void => {
    cancel = clock.after(ms, () => close(reason))
  }

  return {
    waits(reason, answered, heldBytes) {
      holding.set(heldBytes)
      // Another byte of the same message, or of the same answers, is not progress.
      if (reason === last && answered === lastAnswered) return
      last = reason
      lastAnswered = answered
      cancel?.()
      cancel = undefined
      seat.mark(standingOf(reason, answered))
      if (reason === 'message') limit(messageMs, `a message was not complete after ${messageMs / 1000} s`)
      if (reason === 'reader') limit(readerMs, `answers were not read for ${readerMs / 1000} s`)
    },
    end() {
      cancel?.()
      holding.set(0)
    },
  }
}

function standingOf(reason: WaitReason, answered: number): Standing {
  switch (reason) {
    case 'request':
      return answered === 0 ? 'new' : 'idle'
    case 'answer':
      return 'busy'
    case 'message':
    case 'reader':
      return 'unfinished'
  }
}
