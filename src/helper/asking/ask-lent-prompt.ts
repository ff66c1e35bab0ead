import { Secret } from '../../core/secret.ts'
import { kindOf, type Question, questionText, readAnswer } from '../../prompts/kinds.ts'

/** Reads one line from the person; undefined when cancelled. */
export type ReadLine = (prompt: string, options: { echo: boolean }) => Promise<Secret<string> | undefined>

/** The terminal in front of the person. */
export interface AskedTerminal {
  readLine: ReadLine
  show(text: string): void
}

/**
 * Puts a lent question again until what is typed can be its answer, which can be judged here without a call.
 * @returns what was typed, for the daemon to read; undefined when the person cancelled
 */
export async function askLentPrompt(
  question: Question,
  { readLine, show }: AskedTerminal,
): Promise<Secret<string> | undefined> {
  if (!kindOf(question).isTyped) {
    show(`${questionText(question, false)}\n`)
    return new Secret('')
  }
  let put = question
  for (;;) {
    const line = await readLine(questionText(put, true), { echo: kindOf(question).isEchoed })
    if (line === undefined) return undefined
    const reading = readAnswer(question, line.expose())
    if ('answer' in reading) return line
    put = { ...question, notice: reading.complaint }
  }
}
