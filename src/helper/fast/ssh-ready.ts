import { isRecord } from '../../core/json-record.ts'
import type { Environment } from '../../core/places/environment.ts'
import { type ApiClient, openApiClient } from '../../ipc/client/client.ts'
import { type SshTargetHost, unattendedSshReadyCall } from '../../ipc/client/ssh-ready-call.ts'
import { successBody } from './answer.ts'
import { apiSocketPath } from './api-socket.ts'
import { writeToDescriptor } from './descriptor-output.ts'
import { exitStatus, failureLine, HelperError } from './failure.ts'
import { laterTimer } from './later-timer.ts'

/** What the command reaches the world through, besides the daemon. */
export interface SshReadyEffects {
  write(descriptor: 2, text: string): Promise<void>
  /** Runs a function later unless the returned one is called. */
  after(delayMs: number, run: () => void): () => void
}

/** How that went: no daemon answers where it is away, and `asking/ssh-ready.ts` is to go on where a person is needed. */
export type SshReadyOutcome = 'done' | 'away' | 'person-needed'

/** Has the exit status tell whether a daemon runs, for lines of ssh_config that need one. */
export const ifRunningOption = '--if-running'

/** The daemon waits 8 s for a Vault, and once in an outage. */
const limitMs = 12_000

/**
 * `latchkey ssh ready`, for as long as no person is needed. It is silent where there is no daemon: ssh says itself what is
 * missing then.
 */
export async function ensureSshReady(
  target: SshTargetHost,
  environment: Environment,
  { write, after }: SshReadyEffects = { write: writeToDescriptor, after: laterTimer },
): Promise<SshReadyOutcome> {
  let connection: ApiClient | undefined
  const stop = after(limitMs, () => connection?.close(notInTime()))
  try {
    connection = openApiClient(apiSocketPath(environment))
    const reply = await connection.call(unattendedSshReadyCall(target))
    if (reply.status === 401) {
      connection.close()
      return 'person-needed'
    }
    await write(2, problemLine(successBody(reply)))
  } catch (error) {
    if (isDaemonAway(error)) return 'away'
    await write(2, failureLine(error)).catch(() => {})
  } finally {
    stop()
  }
  return 'done'
}

/** What is to be said where ssh will find no certificate; empty where it will. */
export function problemLine(body: unknown): string {
  if (!isRecord(body) || !isRecord(body.problem)) return ''
  const { message, hint } = body.problem
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return failureLine(new HelperError('REFUSED', text(message) ?? 'there is no certificate', { hint: text(hint) }))
}

/**
 * Its exit status: 0 whatever happens, for another one keeps the lines below its `Match exec` from counting. With
 * `--if-running` that is what it is for, where no daemon runs.
 */
export function readyStatus(outcome: SshReadyOutcome, isIfRunning: boolean): number {
  return outcome === 'away' && isIfRunning ? exitStatus.failed : exitStatus.done
}

/** There is no daemon to be asked. */
export function isDaemonAway(error: unknown): boolean {
  return isRecord(error) && (error.code === 'DAEMON_NOT_RUNNING' || error.code === 'DAEMON_UNREACHABLE')
}

function notInTime(): HelperError {
  return new HelperError('TIMED_OUT', `the daemon has ensured no certificate within ${limitMs / 1000} s`, {
    hint: 'latchkey status',
  })
}

/** What ssh says of where it is about to log in. */
export interface AskingSsh extends SshTargetHost {
  /** Where it connects to; absent where it does not say so (before OpenSSH 8.4). */
  hostname?: string | undefined
}

/**
 * The host as known_hosts has it: an alias has no port there (sshconnect.c). Without one ssh says the same twice
 * (match_cfg_line of readconf.c), so that any other name is an alias, be it one that differs in capitals alone.
 */
export function knownTarget({ hostname, port, ...target }: AskingSsh): SshTargetHost {
  const isAlias = hostname !== undefined && hostname !== target.host
  return port === undefined || isAlias ? target : { ...target, port }
}

/** What follows `latchkey ssh ready`; undefined where it is not the plain form, and the whole command line is to read it. */
export function readyTarget(args: readonly string[]): SshTargetHost | undefined {
  let user: string | undefined
  let port: string | undefined
  let hostname: string | undefined
  let host: string | undefined
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index]!
    if (word === ifRunningOption) continue
    if (word === '--user') user = args[++index]
    else if (word === '--port') port = args[++index]
    else if (word === '--hostname') hostname = args[++index]
    else if (host === undefined) host = word
    else return undefined
  }
  const isPlain = (value: string | undefined): value is string => value !== undefined && /^[^-]/.test(value)
  if (!isPlain(user) || !isPlain(host) || (port !== undefined && !isPort(port))) return undefined
  return knownTarget({ user, host, hostname, port: port === undefined ? undefined : Number(port) })
}

/** Whether a text is the number of a port. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
