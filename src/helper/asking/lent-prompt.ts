import { isRecord } from '../../core/json-record.ts'
import type { Secret } from '../../core/secret.ts'
import type { ApiCall, ApiClient } from '../../ipc/client/client.ts'
import type { ApiAnswer } from '../../ipc/client/http-reply.ts'
import type { PromptMode } from '../../ipc/protocol.ts'
import { endsElsewhere, parseQuestion, type Question } from '../../prompts/kinds.ts'
import { successBody } from '../fast/answer.ts'
import { HelperError } from '../fast/failure.ts'

/** A question that the daemon lends to this caller. */
export interface LentQuestion {
  id: string
  question: Question
}

/** How a call reaches the daemon and the person. */
export interface PromptingOptions {
  /** A new connection: a question is lent to a connection, and closing it gives the question back. The caller closes. */
  connect: () => ApiClient
  /** Whether a terminal is offered, looked at before each call. */
  mayAsk: () => boolean
  /** Whether a question may be put on the terminal at this moment. */
  isForeground: () => Promise<boolean>
  /**
   * Puts the question; resolves to what the person typed, or undefined when it was cancelled; rejects with the reason of
   * `signal` when that aborts.
   */
  ask: (question: Question, signal?: AbortSignal) => Promise<Secret<string> | undefined>
  /**
   * Tells the person that a question is not asked any more. Absent: it stays on the terminal until it is answered, but for one
   * whose outcome is found out elsewhere.
   */
  onWithdrawn?: () => Promise<void>
}

/**
 * Makes a call and answers, on the terminal, each question that the daemon lends for it; then the call is repeated
 * (src/ipc/protocol.ts). Without a terminal the daemon asks in its own way.
 * @throws {HelperError} CANCELLED; what the connection throws
 */
export async function callWithPrompts(request: ApiCall, options: PromptingOptions): Promise<ApiAnswer> {
  let connection = options.connect()
  let mayAsk = options.mayAsk()
  for (;;) {
    const mode: PromptMode = mayAsk ? 'terminal' : 'program'
    // The name of the header is promptHeader of ipc/protocol.ts, whose schemas the fast path does not load.
    const reply = await connection.call({ ...request, headers: { 'latchkey-prompt': mode } })
    const lent = lentQuestionOf(reply)
    // A question for a terminal that was not offered would come again and again.
    if (lent === undefined || !mayAsk) return reply
    if (await options.isForeground()) {
      const answer = await put(lent, options)
      if (answer === withdrawn) await options.onWithdrawn?.()
      else await settle(connection, lent, answer)
    } else {
      // Moved into the background meanwhile: closing the connection gives the question back.
      connection.close()
      connection = options.connect()
      mayAsk = false
    }
  }
}

const withdrawn = Symbol('withdrawn')

/** @returns what `ask` does, or that the question was withdrawn meanwhile */
async function put(
  { id, question }: LentQuestion,
  { ask, connect, onWithdrawn }: PromptingOptions,
): Promise<Secret<string> | undefined | typeof withdrawn> {
  if (onWithdrawn === undefined && !endsElsewhere(question)) return ask(question)
  const over = new AbortController()
  // A connection has one call at a time, and the one with the lease will have the answer.
  const watching = connect()
  watching.call({ method: 'GET', path: promptPath(id) }).then(
    // Anything else, as when it had to make room, says nothing of the question.
    ({ status }) => status === 204 && over.abort(withdrawn),
    (error: unknown) => over.abort(error),
  )
  try {
    return await ask(question, over.signal)
  } catch (reason) {
    if (reason === withdrawn) return withdrawn
    throw reason
  } finally {
    watching.close()
  }
}

/** The path of watchPrompt and answerPrompt, whose schemas the fast path does not load. */
const promptPath = (id: string) => `/v1/prompts/${encodeURIComponent(id)}`

async function settle(connection: ApiClient, { id, question }: LentQuestion, answer: Secret<string> | undefined) {
  const body = answer === undefined ? { cancel: true } : { answer: answer.expose() }
  // 404 means that the question has gone meanwhile; the repeated call shows what became of it.
  const reply = await connection.call({ method: 'POST', path: promptPath(id), body })
  if (answer === undefined) throw new HelperError('CANCELLED', `cancelled: ${question.text}`)
  // An answer that the daemon does not accept leaves the question lent to us, and nobody would be asked again.
  if (reply.status !== 404) successBody(reply)
}

/** The question that an answer lends to its caller. */
function lentQuestionOf({ status, body }: ApiAnswer): LentQuestion | undefined {
  if (status !== 401 || !isRecord(body) || !isRecord(body.error) || !isRecord(body.error.prompt)) return undefined
  const { id } = body.error.prompt
  const question = parseQuestion(body.error.prompt)
  return typeof id === 'string' && question !== undefined ? { id, question } : undefined
}
