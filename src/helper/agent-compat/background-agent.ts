import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, readdirSync, readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describeError, errorCode } from '../../core/errors.ts'
import type { Environment } from '../../core/places/environment.ts'
import { HelperError } from '../fast/failure.ts'

/** O_CLOEXEC, asm-generic/fcntl.h. */
const closeOnExec = 0o2000000

/** An agent in a process and a session of its own. */
export interface BackgroundAgent {
  pid: number
  socket: string
  /** Lets it go on without this process. */
  release(): Promise<void>
  /** Ends it, and waits for that. */
  stop(): Promise<void>
}

/** What it said instead of starting, for stderr. */
export interface FailedAgent {
  complaint: string
}

/** As many as Node takes for two processes that talk to each other, and some for clients. */
const enoughDescriptors = 64

/**
 * Starts an agent and waits until its socket accepts. It ends when this process does, however that comes, unless it was
 * released.
 * @param command the command line of one in the foreground
 * @throws {HelperError} SERVICE_FAILED: the system does not start it
 */
export async function startBackgroundAgent(
  [program, ...args]: readonly [string, ...string[]],
  environment: Environment,
): Promise<BackgroundAgent | FailedAgent> {
  const child = spawn(program, args, {
    env: { ...environment, LATCHKEY_PARENT_FD: '3' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const failed = once(child, 'error').then(([cause]) => {
    throw notStarted(cause)
  })
  // Where files ran out there is nothing but the error (uv_spawn).
  if ((child.stdio as ChildProcess['stdio'] | undefined) === undefined) return await failed
  const link = child.stdio[3] as Duplex
  link.on('error', () => {})
  const exited = once(child, 'exit')
  const complaint = text(child.stderr!).catch(() => '')
  const line = await Promise.race([firstLine(link), once(child, 'close').then(() => undefined), failed])
  if (line === undefined) return { complaint: await complaint }
  return {
    pid: child.pid!,
    socket: JSON.parse(line) as string,
    async release() {
      await new Promise<void>((sent) => void link.end('go on\n', sent))
      link.destroy()
      child.stderr!.destroy()
      child.unref()
    },
    async stop() {
      link.destroy()
      await exited
    },
  }
}

function notStarted(cause: unknown): HelperError {
  const isOutOfFiles = ['EMFILE', 'ENFILE'].includes(errorCode(cause) ?? '')
  const reason = isOutOfFiles ? 'too few files may be open' : describeError(cause)
  return new HelperError('SERVICE_FAILED', `the agent cannot be started: ${reason}`, {
    cause,
    hint: isOutOfFiles ? `ulimit -n ${enoughDescriptors}` : 'ulimit -a',
  })
}

/**
 * Closes what this process has inherited, but for its standard streams, and would pass on: a pipe whose reader waits for its
 * end, or the lock file of the script that starts the agent (flock(1)). Node keeps the low numbers from its children; its
 * own files are all closed on exec (proc(5), fdinfo). Without /proc nothing is done.
 */
export function closeInherited(): void {
  for (const fd of descriptors().filter((number) => number > 2 && !isClosedOnExec(number))) closeSync(fd)
}

function descriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number)
  } catch {
    return []
  }
}

function isClosedOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
    return (Number.parseInt(flags ?? '', 8) & closeOnExec) !== 0
  } catch {
    // It was that of the listing.
    return true
  }
}

/** Undefined where it ends before. */
async function firstLine(stream: Duplex): Promise<string | undefined> {
  let read = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    read += String(chunk)
    const end = read.indexOf('\n')
    if (end >= 0) return read.slice(0, end)
  }
  return undefined
}
