import type { Environment } from '../core/paths.ts'
import { type ApiConnection, openApiConnection } from './api-connection.ts'
import { apiSocketPath } from './api-socket.ts'
import { askLentPrompt } from './ask-lent-prompt.ts'
import { writeToDescriptor } from './descriptor-output.ts'
import { exitStatus, failureLine, HelperError, statusOf } from './failure.ts'
import { callWithPrompts, successBody } from './lent-prompt.ts'
import { formatProcessCredentials } from './process-credentials.ts'
import { createTerminalAccess } from './terminal.ts'
import { readTerminalLine } from './terminal-line.ts'

/** The AWS SDK for Go kills the shell around its helper after 60 s but not the helper: end before that, with a reason. */
const deadlineMs = 50_000

/**
 * `latchkey aws credentials PROFILE`, the `credential_process` of the AWS SDKs: one JSON line on stdout and silence, or
 * nothing on stdout and one line on stderr. It reads no stdin and heeds no AWS_* variable, which belong to the caller.
 * @returns the exit status
 */
export async function runCredentials(profile: string, environment: Environment): Promise<number> {
  try {
    await writeToDescriptor(1, await fetchCredentials(profile, environment))
    return exitStatus.done
  } catch (error) {
    await writeToDescriptor(2, failureLine(error)).catch(() => {})
    return statusOf(error)
  }
}

/** Leaves its last connection open, since closing it takes longer than ending the process. */
async function fetchCredentials(profile: string, environment: Environment): Promise<string> {
  const socketPath = apiSocketPath(environment)
  let connection: ApiConnection | undefined
  let asking: { question: string; giveUp: AbortController } | undefined
  const deadline = setTimeout(() => {
    const error = timedOut(profile, asking?.question)
    asking?.giveUp.abort(error)
    connection?.close(error)
  }, deadlineMs)
  try {
    const reply = await callWithPrompts(
      { method: 'GET', path: `/v1/aws/credentials/${encodeURIComponent(profile)}` },
      {
        ...createTerminalAccess(environment),
        connect: () => {
          connection = openApiConnection(socketPath)
          return connection
        },
        ask: async (prompt) => {
          const giveUp = new AbortController()
          asking = { question: prompt.text, giveUp }
          const answer = await askLentPrompt(prompt, (text, { echo }) =>
            readTerminalLine(text, { echo, signal: giveUp.signal }),
          )
          asking = undefined
          return answer
        },
      },
    )
    return formatProcessCredentials(successBody(reply))
  } finally {
    clearTimeout(deadline)
  }
}

function timedOut(profile: string, question: string | undefined): HelperError {
  const hint = `latchkey aws credentials ${profile}`
  if (question !== undefined) return new HelperError('PERSON_NEEDED', `nobody answered in time: ${question}`, { hint })
  const message = `no credentials for ${profile} within ${deadlineMs / 1000} s; the daemon goes on`
  return new HelperError('TIMED_OUT', message, { hint: `run it again, or latchkey status` })
}
