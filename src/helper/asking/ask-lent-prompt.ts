import { Secret } from '../../core/secret.ts'
import { kindOf, type Question, questionText, readAnswer } from '../../prompts/kinds.ts'

/** How a line is read. */
export interface LineOptions {
  /** False for passwords. */
  echo: boolean
  /** What was typed before the line was asked for does not count. */
  dropsTypeAhead?: boolean
  /** Gives up. */
  signal?: AbortSignal | undefined
}

/** Reads one line from the person; undefined when cancelled. @throws the reason of `signal` */
export type ReadLine = (prompt: string, options: LineOptions) => Promise<Secret<string> | undefined>

/** The terminal in front of the person. */
export interface AskedTerminal {
  readLine: ReadLine
  show(text: string): void
  /** Opens a page in the person's browser, and says so. Absent: they have to do that themselves. @param closed the question is over */
  visit?: (page: string, closed: AbortSignal) => void
}

/**
 * Puts a lent question again until what is typed can be its answer, which can be judged here without a call.
 * @param signal takes it off the terminal
 * @returns what was typed, for the daemon to read; undefined when the person cancelled
 * @throws the reason of `signal`
 */
export async function askLentPrompt(
  question: Question,
  { readLine, show, visit }: AskedTerminal,
  signal?: AbortSignal,
): Promise<Secret<string> | undefined> {
  if (!kindOf(question).isTyped) {
    show(`${questionText(question, false)}\n`)
    return new Secret('')
  }
  const closed = new AbortController()
  // Once: a page that is asked for again is open already.
  if (question.kind === 'visit' && question.notice === undefined) visit?.(question.link ?? question.url, closed.signal)
  try {
    return await readFitting(question, readLine, signal)
  } catch (error) {
    // What is shown next begins a line of its own.
    if (signal?.aborted === true) show('\n')
    throw error
  } finally {
    closed.abort()
  }
}

async function readFitting(
  question: Question,
  readLine: ReadLine,
  signal: AbortSignal | undefined,
): Promise<Secret<string> | undefined> {
  const { isEchoed, dropsTypeAhead } = kindOf(question)
  const options: LineOptions = {
    echo: isEchoed,
    ...(dropsTypeAhead ? { dropsTypeAhead } : {}),
    ...(signal === undefined ? {} : { signal }),
  }
  let put = question
  for (;;) {
    const line = await readLine(questionText(put, true), options)
    if (line === undefined) return undefined
    const reading = readAnswer(question, line.expose())
    if ('answer' in reading) return line
    put = { ...question, notice: reading.complaint }
  }
}
