import { formatDuration } from '../core/time/duration.ts'
import { type ApiCall, type ApiClient, openApiClient } from '../ipc/client/client.ts'
import { callOf, type InputTo } from '../ipc/client/endpoint-call.ts'
import type { ApiAnswer } from '../ipc/client/http-reply.ts'
import type { Endpoint } from '../ipc/endpoint.ts'
import { type AnswerTo, type EndpointName, endpoints } from '../ipc/endpoints.ts'
import type { Question } from '../prompts/kinds.ts'
import { type AskedTerminal, askLentPrompt } from './asking/ask-lent-prompt.ts'
import { callWithPrompts } from './asking/lent-prompt.ts'
import type { TerminalAccess } from './asking/terminal.ts'
import { checkedAnswer } from './checked-answer.ts'
import { successBody } from './fast/answer.ts'
import { HelperError } from './fast/failure.ts'

/** The daemon, for commands that want an answer or an error, in bounded time. */
export interface DaemonAccess {
  /**
   * Calls an endpoint by its name, and answers on the terminal what the daemon asks on the way, where it may ask.
   * @returns the answer, checked
   * @throws {HelperError} what the daemon refuses, BAD_REPLY, TIMED_OUT; what the connection fails with
   */
  call<Name extends EndpointName>(name: Name, ...input: InputTo<Name>): Promise<AnswerTo<Name>>
}

/** Where the daemon is, and how the access reaches the person and the clock. */
export interface DaemonAccessOptions extends AskedTerminal {
  socketPath: string
  terminal: TerminalAccess
  /** Runs a function later unless the returned one is called. */
  after(delayMs: number, run: () => void): () => void
  /** Called once, when an answer takes longer than a person waits without a word. */
  onSlow?: () => void
}

/** How long an answer is waited for. */
interface Patience {
  limitMs: number
  /** Whether the person is told nothing of it. */
  isQuiet: boolean
}

/** Longer than a person takes to see that a question has gone, in ms. */
const reactionMs = 1_000
/** How long a person waits without a word, in ms. */
const slowMs = 1_000
/** For any answer at all: longer than a cold start of the daemon by a connection takes. */
const lifeSignMs = 10_000
/** The daemon may wait for a server that does not answer, and for a keychain that shows a dialog. */
const callMs = 2 * 60_000
/** It may also show a dialog for five minutes (src/prompts/programs/ask-program.ts). */
const personMs = 10 * 60_000

/**
 * The daemon behind a socket. First it is asked for a sign of life: a daemon that was stopped, or something that is not a
 * daemon, is found out within seconds, before it has been told anything.
 */
export function createDaemonAccess(options: DaemonAccessOptions): DaemonAccess {
  const { socketPath, terminal, after, onSlow } = options
  let isTold = onSlow === undefined
  const tellSlow = () => {
    if (!isTold) onSlow?.()
    isTold = true
  }

  // A question to the person is put between two calls, so that no notice is written into what is being typed.
  const within = async (
    connection: ApiClient,
    request: ApiCall,
    { limitMs, isQuiet }: Patience,
  ): Promise<ApiAnswer> => {
    const stop = after(limitMs, () => connection.close(timedOut(socketPath, limitMs)))
    const stopTelling = isTold || isQuiet ? () => {} : after(slowMs, tellSlow)
    try {
      return await connection.call(request)
    } finally {
      stop()
      stopTelling()
    }
  }

  const withConnections = async (patience: Patience, use: (connect: () => ApiClient) => Promise<ApiAnswer>) => {
    const connections: ApiClient[] = []
    const connect = (): ApiClient => {
      const connection = openApiClient(socketPath)
      connections.push(connection)
      let isAlive: Promise<unknown> | undefined
      return {
        async call(request) {
          // The no-op of HTTP (RFC 9110 §9.3.7): a daemon refuses it at once.
          isAlive ??= within(connection, { method: 'OPTIONS', path: '*' }, { limitMs: lifeSignMs, isQuiet: false })
          await isAlive
          return await within(connection, request, patience)
        },
        close: connection.close,
      }
    }
    try {
      return successBody(await use(connect))
    } finally {
      for (const connection of connections) connection.close()
    }
  }

  const ask = (question: Question, signal?: AbortSignal) => askLentPrompt(question, options, signal)
  const onWithdrawn = async () => {
    options.show('withdrawn: nobody waits for this answer any more\n')
    // What the person is about to type was meant for the question that is gone.
    await new Promise<void>((resolve) => void after(reactionMs, resolve))
  }
  return {
    async call(name, ...input) {
      const endpoint: Endpoint = endpoints[name]
      const request = callOf(name, ...input)
      const patience = { limitMs: endpoint.mayAsk === true ? personMs : callMs, isQuiet: endpoint.isLongPoll === true }
      const body = await withConnections(patience, (connect) =>
        endpoint.mayAsk === true
          ? callWithPrompts(request, {
              connect,
              ...terminal,
              ask,
              // Who waits for any question wants the next; elsewhere the question is the caller's own.
              ...(patience.isQuiet ? { onWithdrawn } : {}),
            })
          : connect().call(request),
      )
      return checkedAnswer(name, body)
    },
  }
}

function timedOut(socketPath: string, limitMs: number): HelperError {
  const message = `no answer from the daemon on ${socketPath} within ${formatDuration(limitMs / 1000)}`
  return new HelperError('TIMED_OUT', message, { hint: 'latchkey service status; the daemon may have to be restarted' })
}
