import type { Environment } from '../../core/places/environment.ts'
import { type ApiClient, openApiClient } from '../../ipc/client/client.ts'
import { type SshTargetHost, sshReadyCall } from '../../ipc/client/ssh-ready-call.ts'
import { successBody } from '../fast/answer.ts'
import { apiSocketPath } from '../fast/api-socket.ts'
import { failureLine, HelperError } from '../fast/failure.ts'
import { isDaemonAway, problemLine, type SshReadyOutcome } from '../fast/ssh-ready.ts'
import type { CallingSsh } from '../ssh/calling-ssh.ts'
import { type AskedTerminal, askLentPrompt } from './ask-lent-prompt.ts'
import { callWithPrompts } from './lent-prompt.ts'
import type { TerminalAccess } from './terminal.ts'

/** What the command reaches the world through, besides the daemon. */
export interface AskForSshEffects extends AskedTerminal {
  terminal: TerminalAccess
  /** The ssh that runs it by `Match exec`; undefined where there is none. */
  ssh: CallingSsh | undefined
  /** For the person. */
  note(text: string): void
}

/**
 * `latchkey ssh ready` where a person may be needed, who is asked on the terminal in front of them, or else by the daemon's
 * prompt program. What goes wrong is said in a line: ssh goes on, with what it has.
 */
export async function askForSshReady(
  target: SshTargetHost,
  environment: Environment,
  { terminal, ssh, note, ...asked }: AskForSshEffects,
): Promise<Exclude<SshReadyOutcome, 'person-needed'>> {
  // It connects to nothing, and its user wants to know what ssh would do.
  if (ssh?.isQuery === true) return 'done'
  const mayAsk = ssh?.isBatch !== true
  const connections: ApiClient[] = []
  try {
    const reply = await callWithPrompts(sshReadyCall(target), {
      mayAsk: () => mayAsk && terminal.mayAsk(),
      isForeground: terminal.isForeground,
      connect: () => {
        const connection = openApiClient(apiSocketPath(environment))
        connections.push(connection)
        return connection
      },
      ask: (question) => askLentPrompt(question, asked),
    })
    note(problemLine(successBody(reply)))
  } catch (error) {
    if (isDaemonAway(error)) return 'away'
    const isOver = error instanceof HelperError && error.code === 'CANCELLED'
    if (!isOver) note(failureLine(error))
  } finally {
    for (const connection of connections) connection.close()
  }
  return 'done'
}
