import type { Clock } from '../core/clock.ts'
import { type PromptCaller, PromptError, type Prompts } from '../core/prompt.ts'

/** One login at a time, whose outcome is for everyone who wants it. */
export interface SharedLogin<T> {
  /** Joins the login that is under way, or begins one; its questions may go to the terminal of `caller`. */
  run(caller: PromptCaller): Promise<T>
  /** The outcome of the last login is for nobody any more. */
  clear(): void
}

/** What is shared, and how it asks. */
export interface SharedLoginOptions<T> {
  login: () => Promise<T>
  prompts: Prompts
  /** What the login asks about. */
  topic: string
  clock: Clock
}

interface Flight<T> {
  outcome: Promise<T>
  /** In ms of uptime; undefined while it is under way. */
  endedMs: number | undefined
  /** How many callers have left with a question and come back with another call. */
  awaited: number
}

/**
 * How long an outcome is kept for a caller that was lent a question: its call ended with the question, and the answer
 * may have ended the login before it is back.
 */
const returnMs = 10_000

/** Shares the calls of `login`, of which there is one at a time. */
export function createSharedLogin<T>({ login, prompts, topic, clock }: SharedLoginOptions<T>): SharedLogin<T> {
  let last: Flight<T> | undefined

  const begin = (): Flight<T> => {
    const flight: Flight<T> = { outcome: Promise.resolve().then(login), endedMs: undefined, awaited: 0 }
    const end = () => {
      flight.endedMs = clock.uptime()
    }
    flight.outcome.then(end, (error: unknown) => {
      end()
      // Whoever said no, or did not answer, does not come back.
      if (error instanceof PromptError) flight.awaited = 0
    })
    return flight
  }

  const isOpen = ({ endedMs, awaited }: Flight<T>) =>
    endedMs === undefined || (awaited > 0 && clock.uptime() - endedMs < returnMs)

  return {
    async run(caller) {
      const flight = last !== undefined && isOpen(last) ? last : begin()
      last = flight
      // While it is under way nobody can tell a new caller from one that is back: better one too many.
      if (flight.endedMs !== undefined) flight.awaited -= 1
      const { offer } = caller
      const counting: PromptCaller = {
        ...caller,
        ...(offer === undefined
          ? {}
          : {
              offer: (lease) => {
                flight.awaited += 1
                offer(lease)
              },
            }),
      }
      const leave = prompts.attend(topic, counting)
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
