import type { Secret } from '../../core/secret.ts'
import { kindOf, type Question, questionText, readAnswer } from '../../prompts/kinds.ts'

/** Reads one line from the person; undefined when cancelled. */
export type ReadLine = (prompt: string, options: { echo: boolean }) => Promise<Secret<string> | undefined>

/**
 * Puts a lent question again until what is typed can be its answer, which can be judged here without a call.
 * @returns what was typed, for the daemon to read; undefined when the person cancelled
 */
export async function askLentPrompt(question: Question, readLine: ReadLine): Promise<Secret<string> | undefined> {
  let put = question
  for (;;) {
    const line = await readLine(questionText(put, true), { echo: kindOf(question).isEchoed })
    if (line === undefined) return undefined
    const reading = readAnswer(question, line.expose())
    if ('answer' in reading) return line
    put = { ...question, notice: reading.complaint }
  }
}
