import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Secret } from '../core/secret.ts'
import { devSource } from './dev-files.ts'
import { DevError } from './dev-folder.ts'

/** A daemon that runs for a development environment. */
export interface DevDaemon {
  pid: number
  /** Resolves when the daemon has ended by itself. */
  ended: Promise<'ended'>
  stop(): Promise<void>
}

/** How the daemon is started. */
export interface DevDaemonOptions {
  /** The command line that starts `latchkey daemon`. */
  command: readonly [string, ...string[]]
  environment: Readonly<Record<string, string | undefined>>
  logFile: string
}

/** How much of the log is shown when the daemon does not come up. */
const shownLogLines = 5

/**
 * Starts the daemon as a child that ends with this process, and waits until its sockets accept.
 * @throws {DevError} DEV_DAEMON_FAILED with the end of its log
 */
export async function startDevDaemon({ command, environment, logFile }: DevDaemonOptions): Promise<DevDaemon> {
  const log = openSync(logFile, 'a', 0o600)
  const [program, ...args] = command
  // In a process group of its own: a Ctrl-C is for the command that runs in the foreground.
  const child = spawn(program, args, {
    env: { ...environment, LATCHKEY_PARENT_FD: '3' },
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  })
  closeSync(log)
  const ended = once(child, 'close').then(() => 'ended' as const)
  await readiness(child, ended, logFile)
  return {
    pid: child.pid!,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

async function readiness(child: ChildProcess, ended: Promise<'ended'>, logFile: string): Promise<void> {
  const link = child.stdio[3] as Duplex
  link.on('error', () => {})
  const outcome = await Promise.race([
    once(link, 'data').then(() => 'ready' as const),
    ended,
    once(child, 'error').then(([error]) => error as Error),
  ])
  if (outcome === 'ready') return
  const reason = outcome === 'ended' ? lastLines(logFile) : outcome.message
  throw new DevError('DEV_DAEMON_FAILED', `the daemon did not start: ${reason}`, { hint: `read ${logFile}` })
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-shownLogLines).join('\n')
}

/** An access key as `latchkey aws keys add` reads it: id and secret, on two lines. */
export function keyLines({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: Secret<string> }) {
  return `${accessKeyId}\n${secretAccessKey.expose()}\n`
}

/** What goes into the keychain, and how. */
export interface AccessKeyToStore {
  /** The command line that starts `latchkey`. */
  command: readonly [string, ...string[]]
  environment: Readonly<Record<string, string | undefined>>
  account: {
    accessKeyId: string
    secretAccessKey: Secret<string>
    earlierKeyIds: readonly string[]
    mfaSerial: string
  }
}

/**
 * Puts the embedded user's access key into the daemon's keychain, through the command that a person would use. One that an
 * earlier run has left there, and that works, stays: its rotation may not be over.
 * @throws {DevError} DEV_SETUP_FAILED
 */
export async function storeAccessKey({ command, environment, account }: AccessKeyToStore): Promise<void> {
  const keysCommand = async (args: readonly string[], input: string): Promise<string> => {
    const [program, ...before] = command
    const child = spawn(program, [...before, 'aws', 'keys', ...args], { env: environment, stdio: 'pipe' })
    child.stdin.on('error', () => {}).end(input)
    const [output, complaint, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    if (status === 0) return output
    throw new DevError('DEV_SETUP_FAILED', `cannot store the embedded user's key: ${complaint.trim()}`)
  }
  const { earlierKeyIds, mfaSerial } = account
  if (earlierKeyIds.length > 0) {
    const { keys } = JSON.parse(await keysCommand(['list', '--json'], '')) as { keys: { accessKeyId: string }[] }
    if (keys.some((key) => earlierKeyIds.includes(key.accessKeyId))) return
  }
  // Whatever an earlier run has left there, and without a question to AWS about the device that config.toml has.
  await keysCommand(['add', '--replace', '--mfa-serial', mfaSerial, devSource], keyLines(account))
}
