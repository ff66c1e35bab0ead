import type { Environment } from '../../core/places/environment.ts'
import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type ApiClient, openApiClient } from '../../ipc/client/client.ts'
import { credentialsCall } from '../../ipc/client/process-credentials.ts'
import { successBody } from '../fast/answer.ts'
import { apiSocketPath } from '../fast/api-socket.ts'
import { credentialsDeadlineMs, noCredentialsInTime } from '../fast/deadline.ts'
import { writeToDescriptor } from '../fast/descriptor-output.ts'
import { exitStatus, failureLine, HelperError, statusOf } from '../fast/failure.ts'
import { formatProcessCredentials } from '../fast/process-credentials.ts'
import { askLentPrompt } from './ask-lent-prompt.ts'
import { callWithPrompts } from './lent-prompt.ts'
import { createTerminalAccess, type TerminalAccess } from './terminal.ts'
import { readTerminalLine, showOnTerminal } from './terminal-line.ts'

/** What the command reaches the world through, besides the daemon. */
export interface AskingEffects {
  write(descriptor: 1 | 2, text: string): Promise<void>
  terminal: TerminalAccess
  readLine(prompt: string, options: { echo: boolean; signal: AbortSignal }): Promise<Secret<string> | undefined>
  show(text: string): void
  /** Runs a function later unless the returned one is called. */
  after(delayMs: number, run: () => void): () => void
  /** Since the process began. */
  elapsedMs(): number
}

/**
 * `latchkey aws credentials PROFILE` where a person may be needed: fast/credentials.ts says what it prints. It asks on
 * the terminal in front of which the person sits, or lets the daemon ask.
 * @returns the exit status, to end the process with: the connection is still open
 */
export async function runCredentials(
  profile: string,
  environment: Environment,
  effects: AskingEffects = processEffects(environment),
): Promise<number> {
  try {
    await effects.write(1, await fetchCredentials(profile, environment, effects))
    return exitStatus.done
  } catch (error) {
    await effects.write(2, failureLine(error)).catch(() => {})
    return statusOf(error)
  }
}

function processEffects(environment: Environment): AskingEffects {
  return {
    write: writeToDescriptor,
    terminal: createTerminalAccess(environment),
    readLine: readTerminalLine,
    show: showOnTerminal,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    elapsedMs: () => performance.now(),
  }
}

async function fetchCredentials(profile: string, environment: Environment, effects: AskingEffects): Promise<string> {
  const socketPath = apiSocketPath(environment)
  let connection: ApiClient | undefined
  let asking: { question: string; giveUp: AbortController } | undefined
  // What fast/credentials.ts has taken counts.
  const stopWaiting = effects.after(credentialsDeadlineMs - effects.elapsedMs(), () => {
    const error =
      asking === undefined ? noCredentialsInTime(profile, credentialsDeadlineMs) : notAnswered(profile, asking.question)
    asking?.giveUp.abort(error)
    connection?.close(error)
  })
  try {
    const reply = await callWithPrompts(credentialsCall(profile), {
      mayAsk: effects.terminal.mayAsk,
      isForeground: effects.terminal.isForeground,
      connect: () => {
        connection = openApiClient(socketPath)
        return connection
      },
      ask: async (question) => {
        const giveUp = new AbortController()
        asking = { question: question.text, giveUp }
        const answer = await askLentPrompt(question, {
          readLine: (text, { echo }) => effects.readLine(text, { echo, signal: giveUp.signal }),
          show: effects.show,
        })
        asking = undefined
        return answer
      },
    })
    return formatProcessCredentials(successBody(reply))
  } finally {
    stopWaiting()
  }
}

function notAnswered(profile: string, question: string): HelperError {
  const hint = `latchkey aws login ${shellWord(profile)}`
  return new HelperError('PERSON_NEEDED', `nobody answered in time: ${question}`, { hint })
}
