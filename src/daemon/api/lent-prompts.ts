import { Secret } from '../../core/secret.ts'
import {
  type ApiErrorBody,
  type LentPrompt,
  type PromptAnswer,
  type PromptMode,
  promptHeader,
  promptModes,
} from '../../ipc/protocol.ts'
import type { ApiConnection, ApiReply, ApiRequest } from '../../ipc/server/api-route.ts'
import type { PromptCaller, PromptLease } from '../../prompts/prompt.ts'
import { ApiError } from './api-errors.ts'

/** How questions are lent. */
export interface LentPromptsOptions {
  /** False: no terminal is asked, whatever the callers offer. Read for each request, so it may be a getter. */
  readonly terminal: boolean
}

/** Lends questions to the callers of the local API. A lease belongs to the connection that it was lent on. */
export interface LentPrompts {
  /** Runs `work` for the caller behind `request`; if a question is lent to that caller first, the question is the answer. */
  serve(request: ApiRequest, work: (caller: PromptCaller) => Promise<ApiReply>): Promise<ApiReply>
  /**
   * Settles a lease of this connection; false if there is none with that id.
   * @throws {ApiError} REQUEST_INVALID: the answer is not valid; the question is still lent
   */
  settle(id: string, answer: PromptAnswer, connection: ApiConnection): boolean
  /** Resolves when no connection has a lease with that id. */
  untilEnded(id: string): Promise<void>
}

/** Keeps track of which connection holds which lease. */
export function createLentPrompts(options: LentPromptsOptions): LentPrompts {
  const lent = new Map<string, { lease: PromptLease; connection: ApiConnection; watching: Set<() => void> }>()
  const answered = new WeakSet<ApiConnection>()

  const lend = (lease: PromptLease, connection: ApiConnection): ApiReply => {
    const letGo = connection.ask()
    const watching = new Set<() => void>()
    lent.set(lease.id, { lease, connection, watching })
    // However it ends, the connection must no longer count as one on which a person is being asked.
    lease.onEnd(() => {
      lent.delete(lease.id)
      letGo()
      for (const tell of watching) tell()
    })
    connection.onClose(lease.release)
    return { status: 401, body: lentPromptBody(lease) }
  }

  return {
    serve: (request, work) =>
      new Promise((resolve, reject) => {
        const mode = promptModeOf(request)
        const offer = (lease: PromptLease) => resolve(lend(lease, request.connection))
        const caller: PromptCaller = {
          mayPrompt: mode !== 'never',
          isGone: () => request.signal.aborted,
          origin: request.connection,
          hasTerminal: mode === 'terminal',
          hasAnswered: answered.has(request.connection),
          ...(mode === 'terminal' && options.terminal ? { offer } : {}),
        }
        // After a question was lent, the work goes on in the background; its result is kept for the caller's next request.
        work(caller).then(resolve, reject)
      }),
    settle(id, answer, connection) {
      const held = lent.get(id)
      if (held?.connection !== connection) return false
      if ('cancel' in answer) held.lease.cancel()
      else {
        const became = held.lease.answer(new Secret(answer.answer))
        if (became === 'taken') answered.add(connection)
        if (typeof became === 'object') throw new ApiError('REQUEST_INVALID', `answer: ${became.complaint}`)
      }
      return true
    },
    async untilEnded(id) {
      const held = lent.get(id)
      if (held !== undefined) await new Promise<void>((resolve) => void held.watching.add(resolve))
    },
  }
}

/** Without the header the caller has no terminal to offer: `curl` on the socket gets the prompt program. */
function promptModeOf(request: ApiRequest): PromptMode {
  const value = request.headers[promptHeader]
  return promptModes.find((mode) => mode === value) ?? 'program'
}

function lentPromptBody({ id, question }: PromptLease): ApiErrorBody {
  const { topic: _, remedy: __, isOwn: ___, follows: ____, ...asked } = question
  const prompt: LentPrompt = { id, ...asked }
  return {
    error: {
      code: 'PROMPT_LENT',
      message: `a person is needed: ${question.text}`,
      hint: `answer with POST /v1/prompts/${id} on this connection`,
      prompt,
    },
  }
}
