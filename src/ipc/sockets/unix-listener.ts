import type { Stats } from 'node:fs'
import { chmod, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import { isDeadSocket } from '../../core/files/dead-socket.ts'
import { sweepProcessLock, withProcessLock } from '../../core/files/process-lock.ts'
import { maxSocketPathBytes } from '../../core/places/socket-path.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { withDeadline } from '../../core/time/deadline.ts'
import { IpcError } from '../ipc-error.ts'
import { boundName, prepareSocketFolder, sweepSocketFolder } from './socket-folder.ts'

/**
 * How many connections wait to be accepted; the kernel has a bound of its own (somaxconn). A caller that does not wait for
 * its place in the queue, as Node's, is refused with EAGAIN when it is full: a crowd must not fill it at once.
 */
const maxQueued = 4096

/** A Unix socket that accepts. */
export interface UnixListener {
  /** Takes no more connections and removes its own socket file. Connections that are open stay so, and are not waited for. */
  close(): Promise<void>
}

/**
 * Takes an accepted stream. It is half-open: a client that has said all that it has to say still gets its answer, and
 * the taker ends it.
 */
export type OnStream = (stream: Socket) => void

/** How long to wait for a place to listen. */
export interface ListenOptions {
  clock: Clock
  /** Ends the waiting for another process that starts. */
  signal?: AbortSignal | undefined
}

/** How long another process may hold the lock, which takes milliseconds, in ms. */
const patienceMs = 30_000
/** Closing is less patient: what is left is a file that the next start replaces, in ms. */
const closingPatienceMs = 2_000

/**
 * Listens on a Unix socket that belongs to its user alone. The folder is made with mode 0700 where it is missing.
 *
 * The socket is bound in a private folder beside its place, gets mode 0600 there and is then renamed into place: nobody
 * ever sees it with another mode, and a stale one is replaced with no moment without a socket. Between the look at the
 * present socket and the rename a lock between processes is held, so that of two that start at once one wins and the
 * other sees a live socket. What killed daemons have left in the folder is taken away then.
 * @throws {IpcError} SOCKET_IN_USE, SOCKET_UNUSABLE; the reason of `signal`
 */
export async function listenUnix(
  path: string,
  onStream: OnStream,
  { clock, signal }: ListenOptions,
): Promise<UnixListener> {
  const folder = dirname(path)
  // The private folder's name is `.` and six characters.
  const longest = Math.max(Buffer.byteLength(path), Buffer.byteLength(join(folder, '.xxxxxx', boundName)))
  if (longest > maxSocketPathBytes) {
    throw new IpcError('SOCKET_UNUSABLE', `${path} has more than the ${maxSocketPathBytes} bytes of a socket path`, {
      hint: 'set LATCHKEY_RUNTIME_DIR to a shorter folder',
    })
  }
  const lock = join(folder, `.${basename(path)}.lock`)
  const server = createListener(onStream)
  try {
    await prepareSocketFolder(path)
    const bind = async () => {
      await refuseLiveSocket(path)
      await sweepProcessLock(lock)
      await sweepSocketFolder(folder)
      return await bindInPlace(server, path)
    }
    const own = await withDeadline(clock, patienceMs, (patience) => {
      const waiting = signal === undefined ? patience : AbortSignal.any([patience, signal])
      return withProcessLock(lock, bind, waiting).catch((error: unknown) => {
        throw error === patience.reason ? lockHeld(path, lock) : error
      })
    })
    return {
      async close() {
        stop(server)
        const takeAway = async () => {
          const present = await lstat(path)
          if (present.ino === own.ino && present.dev === own.dev) await unlink(path)
        }
        await withDeadline(clock, closingPatienceMs, (patience) => withProcessLock(lock, takeAway, patience)).catch(
          () => {
            // Its file or folder is gone already, which is what is wanted; or the lock's holder was stopped.
          },
        )
      },
    }
  } catch (error) {
    stop(server)
    throw error instanceof IpcError || signal?.aborted ? error : unusable(path, error)
  }
}

/**
 * Listens on a socket that was handed over as an open file descriptor (systemd's socket activation). Its file stays.
 * @throws {IpcError} SOCKET_UNUSABLE
 */
export async function listenInherited(fd: number, onStream: OnStream): Promise<UnixListener> {
  const server = createListener(onStream)
  try {
    await listening(server, () => server.listen({ fd, backlog: maxQueued }))
  } catch (error) {
    throw unusable(`the inherited socket ${fd}`, error)
  }
  return {
    async close() {
      stop(server)
    },
  }
}

async function refuseLiveSocket(path: string): Promise<void> {
  const present = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (present === undefined) return
  if (!present.isSocket()) {
    throw new IpcError('SOCKET_UNUSABLE', `${path} is in the way: it is not a socket`, {
      hint: `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
    })
  }
  if (await isDeadSocket(path)) return
  throw new IpcError('SOCKET_IN_USE', `another latchkey daemon is running: it listens on ${path}`, {
    // The sockets too: a connection would start the service again.
    hint: 'latchkey status shows its pid; to stop its service: systemctl --user stop latchkey-agent.socket latchkey-api.socket latchkey.service',
  })
}

/** @returns what tells our socket from another one that has taken its place */
async function bindInPlace(server: Server, path: string): Promise<Stats> {
  const privateFolder = await mkdtemp(`${dirname(path)}/.`)
  try {
    const bound = join(privateFolder, boundName)
    await listening(server, () => server.listen({ path: bound, backlog: maxQueued }))
    await chmod(bound, 0o600)
    const own = await lstat(bound)
    await rename(bound, path)
    return own
  } finally {
    await rm(privateFolder, { recursive: true, force: true })
  }
}

function createListener(onStream: OnStream): Server {
  return createServer({ allowHalfOpen: true }, (stream) => {
    // Whoever connects and goes at once, as the probe of a second daemon does, must not end the process.
    stream.on('error', () => {})
    onStream(stream)
  })
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('listening', () => {
      // What fails after this is one connection that could not be accepted: the others must not end with it.
      server.off('error', reject).on('error', () => {})
      resolve()
    })
    listen()
  })
}

function stop(server: Server): void {
  // Its callback would wait for open connections; an error says that it does not listen.
  server.close(() => {})
}

function lockHeld(path: string, lock: string): IpcError {
  const message = `cannot listen on ${path}: another process has held ${lock} for ${patienceMs / 1000} s`
  return new IpcError('SOCKET_UNUSABLE', message, {
    hint: "a daemon may have been stopped; find it with ps x | grep 'latchkey.* daemon', and end it",
  })
}

function unusable(what: string, cause: unknown): IpcError {
  return new IpcError('SOCKET_UNUSABLE', `cannot listen on ${what}: ${errorCode(cause) ?? 'unknown error'}`, { cause })
}
