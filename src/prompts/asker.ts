import type { OpenQuestion } from './open-question.ts'

/** A way to a person: the terminals of callers, a program. */
export interface Asker {
  /**
   * Puts a free question to the person this way, now or later.
   * @param again looks for a way again if the question is still free
   * @returns false if it cannot be asked this way
   */
  ask(question: OpenQuestion, again: () => void): boolean
}
