import type { Clock } from '../../../core/time/clock.ts'
import { pause } from '../../../core/time/pause.ts'
import type { VisitFields } from '../../../prompts/kinds/visit.ts'
import type { PromptQuestion, Prompts } from '../../../prompts/prompt.ts'

/** A page, and what comes of the visit. */
export interface Visit<T> {
  question: Pick<PromptQuestion, 'topic' | 'text' | 'remedy'> & VisitFields
  /** What is waited for. */
  arrival: Promise<T>
  /** Takes the address that the person has copied from the browser. @returns what is wrong with it, in words */
  onAddress: (address: string) => string | undefined
  /** The visit is given up: its reason is thrown. */
  signal: AbortSignal
}

/** Who says to be done waits this long, in ms, before being asked again. */
const graceMs = 30_000

/** Shows a page to a person until the visit has come to something. @throws {PromptError} the person said no */
export async function visitUntil<T>(
  { prompts, clock }: { prompts: Prompts; clock: Clock },
  { question, arrival, onAddress, signal }: Visit<T>,
): Promise<T> {
  const over = new AbortController()
  const giveUp = () => over.abort(signal.reason)
  signal.addEventListener('abort', giveUp)

  const asking = async (): Promise<never> => {
    for (let notice: string | undefined; ; ) {
      const asked = { ...question, kind: 'visit' as const, ...(notice === undefined ? {} : { notice }) }
      const answer = await prompts.ask(asked, over.signal)
      const complaint = answer === 'done' ? undefined : onAddress(answer.expose())
      if (complaint === undefined) await pause(clock, graceMs, over.signal)
      notice = complaint ?? 'the login is not finished in the browser'
    }
  }

  try {
    signal.throwIfAborted()
    return await Promise.race([arrival, asking()])
  } finally {
    signal.removeEventListener('abort', giveUp)
    over.abort(new Error('the visit is over'))
  }
}
