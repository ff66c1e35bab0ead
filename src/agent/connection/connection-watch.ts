import type { Marking, Standing } from '../../core/limits/admission.ts'
import type { ByteBudget } from '../../core/limits/byte-budget.ts'
import type { Clock } from '../../core/time/clock.ts'

/** What a connection has come to a halt for. */
export type Halt =
  /** The next request. */
  | 'request'
  /** The rest of a message. */
  | 'message'
  /** An answer that is being made, or its turn. */
  | 'answer'
  /** The client, to read. */
  | 'reader'

/** Keeps one connection to its limits. */
export interface ConnectionWatch {
  /**
   * Called whenever the connection has come to a halt.
   * @param answered how many requests have been answered, and `heldBytes` what it holds in memory now
   */
  halted(halt: Halt, answered: number, heldBytes: number): void
  /** The connection has closed. */
  end(): void
}

/** What a watch works with. */
export interface ConnectionWatchDeps {
  clock: Clock
  seat: Marking
  budget: ByteBudget
  /** Ends the connection at once, and says why. */
  close(reason: string): void
}

/** From a message's first byte. Forwarded agents are behind networks that may be slow, and may stand still for a while. */
const messageMs = 30_000
/** For one turn of answers. */
const readerMs = 60_000

/**
 * Holds one connection to its bounds in time and memory, and tells its seat what it is about. Time counts only while the
 * client owes something: the rest of a message, or to read. One that is idle between whole requests has no end
 * (docs/PROTOCOL.md P-15).
 */
export function watchConnection({ clock, seat, budget, close }: ConnectionWatchDeps): ConnectionWatch {
  const holding = budget.open(() => close('too much is held for too many clients'))
  let last: Halt = 'request'
  let lastAnswered = 0
  let cancel: (() => void) | undefined

  const limit = (ms: number, reason: string): void => {
    cancel = clock.after(ms, () => close(reason))
  }

  return {
    halted(halt, answered, heldBytes) {
      holding.set(heldBytes)
      // A byte more of the same message, or of the same answers, is no progress.
      if (halt === last && answered === lastAnswered) return
      last = halt
      lastAnswered = answered
      cancel?.()
      cancel = undefined
      seat.mark(standingOf(halt, answered))
      if (halt === 'message') limit(messageMs, `a message was not whole after ${messageMs / 1000} s`)
      if (halt === 'reader') limit(readerMs, `answers were not read for ${readerMs / 1000} s`)
    },
    end() {
      cancel?.()
      holding.set(0)
    },
  }
}

function standingOf(halt: Halt, answered: number): Standing {
  switch (halt) {
    case 'request':
      return answered === 0 ? 'new' : 'idle'
    case 'answer':
      return 'busy'
    case 'message':
    case 'reader':
      return 'unfinished'
  }
}
