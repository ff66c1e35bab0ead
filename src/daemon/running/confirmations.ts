import type { AskPerson, UseQuestion } from '../../agent/connection/confirmation.ts'
import { createTurns } from '../../core/calls/turns.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PromptCaller, PromptLease, Prompts } from '../../prompts/prompt.ts'
import { unanswered } from '../../prompts/prompt-failures.ts'

/** Asks the person whether keys may be used: at a terminal that waits for that, or by the prompt program. */
export interface Confirmations {
  ask: AskPerson
  /** A caller's terminal takes one question of the next seconds. Resolves when it has, or they are over. */
  attend(caller: PromptCaller): Promise<void>
}

const topic = 'ssh-confirm'
const remedy = 'latchkey ssh approve'
/** How long one call of the command waits, in ms; then it calls again. */
const attendMs = 20_000
/** Between two calls of the command, a question waits this long for the next one, in ms. */
const comeBackMs = 3_000
/** How long a question waits for its answer, wherever it is put, in ms. */
const answerMs = 5 * 60_000

/** The question that is asked now. */
interface Present {
  /** A terminal shows it. */
  isAtTerminal: boolean
  /** Has it asked anew, at a terminal that has come. */
  move(): void
}

/** Keeps track of the terminals that wait. While there is one, every question is put to it, one after the other. */
export function createConfirmations({ prompts, clock }: { prompts: Prompts; clock: Clock }): Confirmations {
  const turns = createTurns(1)
  const arrivals = new Set<() => void>()
  /** The calls that wait for a question. */
  const waiting = new Set<PromptCaller>()
  let present: Present | undefined
  /** When a terminal was last there that may come back. */
  let lastSeenMs = Number.NEGATIVE_INFINITY

  const isAnyWaiting = () => [...waiting].some(({ isGone }) => isGone?.() !== true)

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

  const put = async (question: UseQuestion, signal: AbortSignal): Promise<boolean> => {
    const asked = { kind: 'confirm', topic, isOwn: true, remedy, ...question } as const
    const tooLate = new AbortController()
    const stopTimer = clock.after(answerMs, () => tooLate.abort(unanswered(asked)))
    const over = AbortSignal.any([signal, tooLate.signal])
    try {
      for (;;) {
        over.throwIfAborted()
        // The command has taken an answer, and is about to call again: what comes meanwhile must not come up elsewhere.
        if (!isAnyWaiting() && clock.uptime() - lastSeenMs < comeBackMs) await arrival(over)
        const moved = new AbortController()
        present = { isAtTerminal: false, move: () => moved.abort() }
        try {
          return await prompts.ask(asked, AbortSignal.any([over, moved.signal]))
        } catch (error) {
          if (!moved.signal.aborted || over.aborted) throw error
        } finally {
          present = undefined
        }
      }
    } finally {
      stopTimer()
    }
  }

  /** The lease as the caller gets it: it is known when the terminal has the question, and whether it comes back after it. */
  const followed = (lease: PromptLease, onEnd: () => void): PromptLease => {
    let comesBack = true
    const shown = present
    if (shown !== undefined) shown.isAtTerminal = true
    let tellCaller = () => {}
    lease.onEnd(() => {
      if (shown !== undefined) shown.isAtTerminal = false
      if (comesBack) lastSeenMs = clock.uptime()
      onEnd()
      tellCaller()
    })
    return {
      ...lease,
      cancel() {
        comesBack = false
        lease.cancel()
      },
      release() {
        comesBack = false
        lease.release()
      },
      onEnd(run) {
        tellCaller = run
      },
    }
  }

  return {
    // One after the other: a person cannot look at two.
    ask: (question, signal) => turns.run(() => put(question, signal)),
    attend: (caller) =>
      new Promise((resolve) => {
        let isOver = false
        let stopAttending = () => {}
        const leave = () => {
          isOver = true
          stopTimer()
          stopAttending()
          resolve()
        }
        const call: PromptCaller = {
          ...caller,
          offer(lease) {
            waiting.delete(call)
            caller.offer?.(followed(lease, leave))
          },
        }
        const stopTimer = clock.after(attendMs, () => {
          if (waiting.delete(call) && call.isGone?.() !== true) lastSeenMs = clock.uptime()
          leave()
        })
        waiting.add(call)
        stopAttending = prompts.attend(topic, call)
        // It may have been offered a question, and have gone, while it came.
        if (isOver) return stopAttending()
        for (const arrived of arrivals) arrived()
        if (present?.isAtTerminal === false) present.move()
      }),
  }
}
