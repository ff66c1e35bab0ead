import type { Clock } from '../core/time/clock.ts'
import { kindOf } from './kinds.ts'
import { originOf, type PromptCaller, PromptError, type Prompts } from './prompt.ts'

/** One login at a time, whose outcome is shared by everyone who wants it. */
export interface SharedLogin<T> {
  /**
   * Joins the login that is under way, or begins one; its questions may go to the terminal of `caller`.
   * @param login heeds the signal. Once that aborts, its reason is the outcome, and whatever `login` returns is dropped
   */
  run(caller: PromptCaller, login: (signal: AbortSignal) => Promise<T>): Promise<T>
  /**
   * Makes `reason` the outcome of the login that is under way, for everyone who waits for it or comes back for it. The
   * outcome of a login that is over is given to nobody any more.
   */
  abandon(reason: Error): void
}

/** Whom the logins ask, and about what. */
export interface SharedLoginOptions {
  prompts: Prompts
  topic: string
  clock: Clock
  /** Whether a success is kept too for a caller that comes back, because it cannot be found anywhere else. */
  keepsSuccess: boolean
}

interface Flight<T> {
  outcome: Promise<T>
  /** In ms of uptime; undefined while it is under way. */
  endedMs: number | undefined
  /** The callers that have left with a question and have not come back. */
  owedTo: Set<object>
  /** How long one of them may still be typing at a question, in ms. */
  patienceMs: number
  /** How long the outcome is kept for them, in ms. */
  keptMs: number
  abandoned: AbortController
}

/**
 * How long an outcome is kept for a caller that was lent a question: its call ended with the question, and the answer may
 * finish the login before the caller is back.
 */
const outcomeKeptMs = 10_000

/** Shares the logins of one kind, one at a time. */
export function createSharedLogin<T>({ prompts, topic, clock, keepsSuccess }: SharedLoginOptions): SharedLogin<T> {
  let last: Flight<T> | undefined

  const begin = (login: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const abandoned = new AbortController()
    const { signal } = abandoned
    const outcome = Promise.race([Promise.resolve().then(() => login(signal)), rejectionBy(signal)])
    const flight: Flight<T> = {
      outcome,
      endedMs: undefined,
      owedTo: new Set(),
      patienceMs: 0,
      keptMs: outcomeKeptMs,
      abandoned,
    }
    const end = (isKept: boolean) => {
      flight.endedMs = clock.uptime()
      if (!isKept) flight.owedTo.clear()
    }
    flight.outcome.then(
      () => end(keepsSuccess),
      // A caller whose person said no, or did not answer, does not come back.
      (error: unknown) => end(!(error instanceof PromptError)),
    )
    return flight
  }

  const isFor = (flight: Flight<T>, origin: object) =>
    flight.endedMs === undefined || (flight.owedTo.has(origin) && clock.uptime() - flight.endedMs < flight.keptMs)

  return {
    async run(caller, login) {
      const origin = originOf(caller)
      const flight = last !== undefined && isFor(last, origin) ? last : begin(login)
      last = flight
      // The caller is back and gets the outcome from this call, unless this call ends with a question too.
      flight.owedTo.delete(origin)
      const { offer } = caller
      const owing: PromptCaller = {
        ...caller,
        origin,
        ...(offer === undefined
          ? {}
          : {
              offer: (lease) => {
                flight.owedTo.add(origin)
                flight.patienceMs = Math.max(flight.patienceMs, kindOf(lease.question).patienceMs)
                offer(lease)
              },
            }),
      }
      const leave = prompts.attend(topic, owing)
      try {
        return await flight.outcome
      } finally {
        leave()
      }
    },
    abandon(reason) {
      // The reason of an earlier abandonment is kept for the callers that have left with a question.
      if (last === undefined || last.abandoned.signal.aborted) return
      if (last.endedMs !== undefined) {
        last = undefined
        return
      }
      // At once: a caller that arrives from now on begins a new login.
      last.endedMs = clock.uptime()
      // A person may still be typing an answer, unaware that the login was abandoned.
      last.keptMs = last.patienceMs + outcomeKeptMs
      last.abandoned.abort(reason)
    },
  }
}

function rejectionBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}
