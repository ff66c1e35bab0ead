import type { Environment } from '../../core/places/environment.ts'
import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type ApiClient, openApiClient } from '../../ipc/client/client.ts'
import { credentialsRoute } from '../../ipc/client/process-credentials.ts'
import { pathOf } from '../../ipc/route.ts'
import { apiSocketPath } from './api-socket.ts'
import { askLentPrompt } from './ask-lent-prompt.ts'
import { writeToDescriptor } from './descriptor-output.ts'
import { exitStatus, failureLine, HelperError, statusOf } from './failure.ts'
import { callWithPrompts, successBody } from './lent-prompt.ts'
import { formatProcessCredentials } from './process-credentials.ts'
import { createTerminalAccess, type TerminalAccess } from './terminal.ts'
import { readTerminalLine } from './terminal-line.ts'

/** What the command reaches the world through, besides the daemon. */
export interface CredentialsEffects {
  write(descriptor: 1 | 2, text: string): Promise<void>
  terminal: TerminalAccess
  readLine(prompt: string, options: { echo: boolean; signal: AbortSignal }): Promise<Secret<string> | undefined>
  /** Runs a function later unless the returned one is called. */
  after(delayMs: number, run: () => void): () => void
}

/** The AWS SDK for Go kills the shell around its helper after 60 s but not the helper: end before that, with a reason. */
const deadlineMs = 50_000

/**
 * `latchkey aws credentials PROFILE`, the `credential_process` of the AWS SDKs: one JSON line on stdout and silence, or
 * nothing on stdout and one line on stderr. It reads no stdin and heeds no AWS_* variable, which belong to the caller.
 * @returns the exit status; end the process with it, which closes the connection in less time than closing it takes
 */
export async function runCredentials(
  profile: string,
  environment: Environment,
  effects: CredentialsEffects = processEffects(environment),
): Promise<number> {
  try {
    await effects.write(1, await fetchCredentials(profile, environment, effects))
    return exitStatus.done
  } catch (error) {
    await effects.write(2, failureLine(error)).catch(() => {})
    return statusOf(error)
  }
}

function processEffects(environment: Environment): CredentialsEffects {
  const terminal = createTerminalAccess(environment)
  return { write: writeToDescriptor, terminal, readLine: readTerminalLine, after }
}

/**
 * The first timer of a process costs 0.5 ms. It is made once the request is on its way, so that this passes while the
 * daemon works.
 */
function after(delayMs: number, run: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const start = setImmediate(() => {
    timer = setTimeout(run, delayMs)
  })
  return () => {
    clearImmediate(start)
    clearTimeout(timer)
  }
}

async function fetchCredentials(
  profile: string,
  environment: Environment,
  effects: CredentialsEffects,
): Promise<string> {
  const socketPath = apiSocketPath(environment)
  let connection: ApiClient | undefined
  let asking: { question: string; giveUp: AbortController } | undefined
  const stopWaiting = effects.after(deadlineMs, () => {
    const error = timedOut(profile, asking?.question)
    asking?.giveUp.abort(error)
    connection?.close(error)
  })
  try {
    const reply = await callWithPrompts(
      { method: credentialsRoute.method, path: pathOf(credentialsRoute, { profile }) },
      {
        mayAsk: effects.terminal.mayAsk,
        isForeground: effects.terminal.isForeground,
        connect: () => {
          connection = openApiClient(socketPath)
          return connection
        },
        ask: async (question) => {
          const giveUp = new AbortController()
          asking = { question: question.text, giveUp }
          const answer = await askLentPrompt(question, (text, { echo }) =>
            effects.readLine(text, { echo, signal: giveUp.signal }),
          )
          asking = undefined
          return answer
        },
      },
    )
    return formatProcessCredentials(successBody(reply))
  } finally {
    stopWaiting()
  }
}

function timedOut(profile: string, question: string | undefined): HelperError {
  if (question !== undefined) {
    const hint = `latchkey aws login ${shellWord(profile)}`
    return new HelperError('PERSON_NEEDED', `nobody answered in time: ${question}`, { hint })
  }
  return new HelperError(
    'TIMED_OUT',
    `no credentials for ${profile} within ${deadlineMs / 1000} s; the daemon goes on`,
    {
      hint: 'run the command again, or latchkey status',
    },
  )
}
