import { displayLine, displayLines } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/**
 * A line that the person types at the terminal.
 * @param what is wanted, in words
 * @throws {HelperError} CANCELLED; PERSON_NEEDED
 */
export async function readTyped(context: CommandContext, what: string, echo: boolean): Promise<string> {
  const line = await context.readLine(`${displayLines(what)}: `, { echo })
  if (line !== undefined) return line.expose()
  // What led to the question stands on the terminal already.
  const question = what
    .split('\n')
    .at(-1)!
    .replace(/ \(y\/N\)$/, '')
  throw new HelperError('CANCELLED', `cancelled: ${question}`)
}

/** Puts a question that is answered with yes or no; no is what an empty line means. @throws {HelperError} as `readTyped` */
export async function confirmTyped(context: CommandContext, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await readTyped(context, `${question} (y/N)`, true)).trim())
}

/** What is to be agreed to. */
export interface ShownQuestion {
  /** What has been shown of it on the outputs. */
  shown: string
  question: string
  /** What else agrees to it. */
  hint: string
}

/**
 * Asks whether something that was shown is to be done. The question is on the terminal, wherever the outputs go: there it has
 * what was shown in it.
 * @throws {HelperError} USAGE: there is nobody to ask; CANCELLED, PERSON_NEEDED
 */
export async function confirmShown(context: CommandContext, { shown, question, hint }: ShownQuestion): Promise<void> {
  if (!context.hasTypedInput) throw new HelperError('USAGE', 'nobody can be asked whether that is right', { hint })
  if (await confirmTyped(context, `${context.hasShownOutput ? '' : shown}${displayLine(question)}`)) return
  throw new HelperError('CANCELLED', 'nothing was changed', { hint })
}
