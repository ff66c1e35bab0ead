import type { Clock } from './clock.ts'
import { type PromptCaller, PromptError, type Prompts } from './prompt.ts'

/** One login at a time, whose outcome is for everyone who wants it. */
export interface SharedLogin<T> {
  /** Joins the login that is under way, or begins one; its questions may go to the terminal of `caller`. */
  run(caller: PromptCaller, login: () => Promise<T>): Promise<T>
  /** The outcome of the last login is for nobody any more. */
  clear(): void
}

/** What the logins ask about, and whom. */
export interface SharedLoginOptions {
  prompts: Prompts
  topic: string
  clock: Clock
  /** Also a success is kept for who comes back: there is no other place where it can be found. */
  keepsSuccess: boolean
}

interface Flight<T> {
  outcome: Promise<T>
  /** In ms of uptime; undefined while it is under way. */
  endedMs: number | undefined
  /** Who has left with a question, and has not come back. */
  owedTo: Set<object>
}

/**
 * How long an outcome is kept for a caller that was lent a question: its call ended with the question, and the answer
 * may have ended the login before it is back.
 */
const returnMs = 10_000

/** Shares the logins of one kind, of which there is one at a time. */
export function createSharedLogin<T>({ prompts, topic, clock, keepsSuccess }: SharedLoginOptions): SharedLogin<T> {
  let last: Flight<T> | undefined

  const begin = (login: () => Promise<T>): Flight<T> => {
    const flight: Flight<T> = { outcome: Promise.resolve().then(login), endedMs: undefined, owedTo: new Set() }
    const end = (isKept: boolean) => {
      flight.endedMs = clock.uptime()
      if (!isKept) flight.owedTo.clear()
    }
    flight.outcome.then(
      () => end(keepsSuccess),
      // Whoever said no, or did not answer, does not come back.
      (error: unknown) => end(!(error instanceof PromptError)),
    )
    return flight
  }

  const isFor = ({ endedMs, owedTo }: Flight<T>, origin: object) =>
    endedMs === undefined || (owedTo.has(origin) && clock.uptime() - endedMs < returnMs)

  return {
    async run(caller, login) {
      const origin = caller.origin ?? caller
      const flight = last !== undefined && isFor(last, origin) ? last : begin(login)
      last = flight
      // It is back, and gets the outcome from this call, unless that ends with a question too.
      flight.owedTo.delete(origin)
      const { offer } = caller
      const owing: PromptCaller = {
        ...caller,
        ...(offer === undefined
          ? {}
          : {
              offer: (lease) => {
                flight.owedTo.add(origin)
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
    clear() {
      last = undefined
    },
  }
}
