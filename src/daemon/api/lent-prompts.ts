import { Secret } from '../../core/secret.ts'
import type { ApiConnection, ApiReply, ApiRequest } from '../../ipc/api-route.ts'
import {
  type ApiErrorBody,
  type LentPrompt,
  type PromptAnswer,
  type PromptMode,
  promptHeader,
  promptModes,
} from '../../ipc/protocol.ts'
import type { PromptCaller, PromptLease } from '../../prompts/prompt.ts'

export interface LentPromptsOptions {
  /** Finds an open lease by its id. */
  lease: (id: string) => PromptLease | undefined
  /** False: no terminal is asked, whatever the callers offer. */
  terminal: boolean
}

/** Lends questions to the callers of the local API. A lease belongs to the connection that it was lent on. */
export interface LentPrompts {
  /** Runs `work` for the caller behind `request`; should a question be lent to that caller first, that is the answer. */
  serve(request: ApiRequest, work: (caller: PromptCaller) => Promise<ApiReply>): Promise<ApiReply>
  /** Settles a lease of this connection; false when there is none of that id. */
  settle(id: string, answer: PromptAnswer, connection: ApiConnection): boolean
}

export function createLentPrompts({ lease, terminal }: LentPromptsOptions): LentPrompts {
  const holders = new Map<string, ApiConnection>()

  const lend = (open: PromptLease, connection: ApiConnection): ApiReply => {
    const letGo = connection.ask()
    holders.set(open.id, connection)
    // However it ends: a connection on which nobody is asked any more must not count as one.
    open.onEnd(() => {
      holders.delete(open.id)
      letGo()
    })
    connection.onClose(open.release)
    return { status: 401, body: lentPromptBody(open) }
  }

  return {
    serve: (request, work) =>
      new Promise((resolve, reject) => {
        const mode = promptModeOf(request)
        const offer = (open: PromptLease) => resolve(lend(open, request.connection))
        const caller: PromptCaller = {
          mayPrompt: mode !== 'never',
          isGone: () => request.signal.aborted,
          origin: request.connection,
          ...(mode === 'terminal' && terminal ? { offer } : {}),
        }
        // After a question was lent this goes on behind it, and ends in a cache for the caller's next request.
        work(caller).then(resolve, reject)
      }),
    settle(id, answer, connection) {
      const open = lease(id)
      if (open === undefined || holders.get(id) !== connection) return false
      if ('cancel' in answer) open.cancel()
      else open.answer(new Secret(answer.answer))
      return true
    },
  }
}

/** Without the header the caller has no terminal to offer: `curl` on the socket gets the prompt program. */
function promptModeOf(request: ApiRequest): PromptMode {
  const value = request.headers[promptHeader]
  return promptModes.find((mode) => mode === value) ?? 'program'
}

function lentPromptBody({ id, question }: PromptLease): ApiErrorBody {
  const prompt: LentPrompt = { id, kind: question.kind, text: question.text }
  if (question.notice !== undefined) prompt.notice = question.notice
  return {
    error: {
      code: 'PROMPT_LENT',
      message: `a person is needed: ${question.text}`,
      hint: `answer with POST /v1/prompts/${id} on this connection`,
      prompt,
    },
  }
}
