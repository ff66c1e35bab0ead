import { createTurns } from '../core/calls/turns.ts'
import type { Secret } from '../core/secret.ts'
import type { Asker } from './asker.ts'
import { type Question, questionForProgram } from './kinds.ts'
import type { OpenQuestion } from './open-question.ts'
import { PromptError } from './prompt.ts'
import { unavailable, unfit } from './prompt-failures.ts'

/**
 * Asks the person without a terminal: a program with a dialog. Resolves to what was typed, or to what a person would have
 * typed for the same choice; to undefined when the person says no.
 * @param withdrawn aborts when nobody waits for the answer any more: the dialog is closed
 */
export type PromptProgram = (question: Question, withdrawn: AbortSignal) => Promise<Secret<string> | undefined>

/** A program that never gives a valid answer is not run for ever. */
const maxTries = 3

/**
 * Asks with a program, one dialog at a time: two on one screen would take each other's input.
 * @param present returns the program that asks now; undefined if there is none
 */
export function createDialogs(present: () => PromptProgram | undefined): Asker {
  const turns = createTurns(1)
  const queued = new WeakSet<OpenQuestion>()

  const converse = async (open: OpenQuestion, program: PromptProgram): Promise<void> => {
    const closed = new AbortController()
    const hold = open.take('program', () => closed.abort())
    let question = questionForProgram(open.question)
    let complaint = ''
    try {
      for (let tries = 0; tries < maxTries; tries += 1) {
        const typed = await program(question, closed.signal)
        if (typed === undefined) return hold.cancel()
        const became = hold.answer(typed)
        if (typeof became === 'string') return
        complaint = became.complaint
        question = { ...question, notice: complaint }
      }
      hold.fail(unfit(open.question, complaint))
    } catch (cause) {
      hold.fail(cause instanceof PromptError ? cause : unavailable(open.question, cause))
    }
  }

  return {
    ask(open) {
      const program = present()
      if (program === undefined) return false
      if (queued.has(open)) return true
      queued.add(open)
      void turns.run(async () => {
        queued.delete(open)
        // Not free: a terminal has taken it over in the meantime, or nobody waits for it any more.
        if (open.isFree()) await converse(open, program)
      })
      return true
    },
  }
}
