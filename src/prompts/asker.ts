import type { OpenQuestion } from './open-question.ts'

/** A way to a person: the terminals of callers, a program. */
export interface Asker {
  /**
   * Puts a free question to the person this way, now or in a while.
   * @param again looks for a way anew if the question is still free
   * @returns false: not this way
   */
  ask(question: OpenQuestion, again: () => void): boolean
}
