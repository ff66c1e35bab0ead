import type { Secret } from '../../core/secret.ts'
import { type Question, readAnswer } from '../../prompts/kinds.ts'
import { askLentPrompt, type ReadLine } from '../asking/ask-lent-prompt.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** The codes of a device that were given in one command, each of which AWS takes once. */
export interface DeviceCodes {
  /**
   * Asks for a code that was not given before.
   * @param what which one
   * @throws {HelperError} CANCELLED
   */
  ask(what: string): Promise<string>
  /** Asks for a code and the next one. */
  askTwo(): Promise<[string, string]>
}

/**
 * Asks on the terminal.
 * @param words what may be typed in the place of a code, and what it does
 */
export function createDeviceCodes(
  { readLine, screen }: CommandContext,
  words: Readonly<Record<string, () => void>> = {},
): DeviceCodes {
  const given: string[] = []

  const readUnlessWord: ReadLine = async (prompt, options) => {
    for (;;) {
      const line = await readLine(prompt, options)
      const word = line?.expose().trim().toLowerCase() ?? ''
      if (!Object.hasOwn(words, word)) return line
      words[word]!()
    }
  }

  const ask: DeviceCodes['ask'] = async (what) => {
    const question = { kind: 'code', text: what } as const satisfies Question
    let notice: string | undefined
    for (;;) {
      const put = notice === undefined ? question : { ...question, notice }
      const line = await askLentPrompt(put, { readLine: readUnlessWord, show: screen.show })
      if (line === undefined) throw new HelperError('CANCELLED', `cancelled: ${what}`)
      const code = codeIn(question, line)
      if (!given.includes(code)) {
        given.push(code)
        return code
      }
      notice = 'that code was given before: wait for the next one'
    }
  }

  return {
    ask,
    async askTwo() {
      const others = Object.keys(words)
      const first = await ask(others.length === 0 ? 'first code' : `first code (or: ${others.join(', ')})`)
      return [first, await ask('second code, the next one that the device shows')]
    },
  }
}

/** What was typed, as the kind of question reads it; it has judged it already. */
function codeIn(question: Question, line: Secret<string>): string {
  const { answer } = readAnswer(question, line.expose()) as { answer: Secret<string> }
  return answer.expose()
}
