import type { Environment } from '../../core/places/environment.ts'
import { type ApiClient, openApiClient } from '../../ipc/client/client.ts'
import { unattendedCredentialsCall } from '../../ipc/client/process-credentials.ts'
import { successBody } from './answer.ts'
import { apiSocketPath } from './api-socket.ts'
import { credentialsDeadlineMs, noCredentialsInTime } from './deadline.ts'
import { writeToDescriptor } from './descriptor-output.ts'
import { exitStatus, failureLine, statusOf } from './failure.ts'
import { laterTimer } from './later-timer.ts'
import { formatProcessCredentials } from './process-credentials.ts'

/** What the command reaches the world through, besides the daemon. */
export interface CredentialsEffects {
  write(descriptor: 1 | 2, text: string): Promise<void>
  /** Runs a function later unless the returned one is called. */
  after(delayMs: number, run: () => void): () => void
}

/**
 * `latchkey aws credentials PROFILE`, the `credential_process` of the AWS SDKs, for as long as no person is needed: one
 * JSON line on stdout and silence, or nothing on stdout and one line on stderr. It reads no stdin and no AWS_* variable:
 * they belong to the caller. The terminal is not looked at and nothing that asks is loaded, which spares a fiftieth of
 * the time of a run.
 * @returns the exit status, to end the process with, which closes the connection in less time than closing it takes;
 * undefined where a person is needed: nothing is written then, and asking/credentials.ts is to go on
 */
export async function printCredentials(
  profile: string,
  environment: Environment,
  { write, after }: CredentialsEffects = { write: writeToDescriptor, after: laterTimer },
): Promise<number | undefined> {
  let connection: ApiClient | undefined
  const stop = after(credentialsDeadlineMs, () =>
    connection?.close(noCredentialsInTime(profile, credentialsDeadlineMs)),
  )
  try {
    connection = openApiClient(apiSocketPath(environment))
    const reply = await connection.call(unattendedCredentialsCall(profile))
    if (reply.status === 401) {
      connection.close()
      return undefined
    }
    await write(1, formatProcessCredentials(successBody(reply)))
    return exitStatus.done
  } catch (error) {
    await write(2, failureLine(error)).catch(() => {})
    return statusOf(error)
  } finally {
    stop()
  }
}
