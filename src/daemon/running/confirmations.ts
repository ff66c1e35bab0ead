import type { AskPerson } from '../../agent/connection/confirmation.ts'
import { createTurns } from '../../core/calls/turns.ts'
import type { Clock } from '../../core/time/clock.ts'
import { type PromptCaller, PromptError, type Prompts } from '../../prompts/prompt.ts'

/** Asks the person whether keys may be used: at a terminal that waits for that, or by the prompt program. */
export interface Confirmations {
  ask: AskPerson
  /** A caller's terminal takes the questions of the next seconds. Resolves when they are over. */
  attend(caller: PromptCaller): Promise<void>
}

const topic = 'ssh-confirm'
const remedy = 'latchkey ssh approve'
/** How long one call of the command waits, in ms; then it calls again. */
const attendMs = 20_000
/** Between two calls of the command, a question waits this long for the next one, in ms. */
const comeBackMs = 3_000

/** Keeps track of the terminals that wait. */
export function createConfirmations({ prompts, clock }: { prompts: Prompts; clock: Clock }): Confirmations {
  const turns = createTurns(1)
  const arrivals = new Set<() => void>()
  let attending = 0
  let lastLeftMs = Number.NEGATIVE_INFINITY

  const arrival = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const end = () => {
        arrivals.delete(end)
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.after(comeBackMs, end)
      signal.addEventListener('abort', end)
      arrivals.add(end)
    })

  const askNow: AskPerson = async (question, signal) => {
    const asked = { kind: 'confirm', topic, isOwn: true, remedy, ...question } as const
    try {
      return await prompts.ask(asked, signal)
    } catch (error) {
      // The command has taken an answer, and is about to call again.
      const isComingBack = attending > 0 || clock.uptime() - lastLeftMs < comeBackMs
      if (!isComingBack || !(error instanceof PromptError) || error.code !== 'PROMPT_UNAVAILABLE') throw error
      await arrival(signal)
      return prompts.ask(asked, signal)
    }
  }

  return {
    // One after the other: a person cannot look at two.
    ask: (question, signal) => turns.run(() => askNow(question, signal)),
    async attend(caller) {
      const leave = prompts.attend(topic, caller)
      attending += 1
      for (const arrived of arrivals) arrived()
      await new Promise<void>((resolve) => void clock.after(attendMs, resolve))
      leave()
      attending -= 1
      lastLeftMs = clock.uptime()
    },
  }
}
