import type { Stats } from 'node:fs'
import { chmod, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises'
import type { Server } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import { isDeadSocket } from '../../core/files/dead-socket.ts'
import { withProcessLock } from '../../core/files/process-lock.ts'
import { maxSocketPathBytes } from '../../core/places/socket-path.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { withDeadline } from '../../core/time/deadline.ts'
import { IpcError } from '../ipc-error.ts'
import { boundName, checkSocketFolder, prepareSocketFolder, sweepSocketFolder } from './socket-folder.ts'
import { createUnixServer, listening, type OnStream, stopListening } from './unix-server.ts'

/** A Unix socket that accepts. */
export interface UnixListener {
  /** Accepts no more connections and removes its own socket file. Open connections stay open, and are not waited for. */
  close(): Promise<void>
}

/** How long to wait for a place to listen. */
export interface ListenOptions {
  clock: Clock
  /** Ends the wait for another process that is starting. */
  signal?: AbortSignal | undefined
}

/** How long another process may hold the lock, which it needs for milliseconds only, in ms. */
const patienceMs = 30_000
/** The same when closing, which is less patient: a file that is left behind is replaced by the next start, in ms. */
const closingPatienceMs = 2_000

/**
 * Listens on a Unix socket that belongs to its user alone. A missing folder is made with mode 0700.
 *
 * The socket is bound in a private folder beside its place, gets mode 0600 there and is then renamed into place: nobody
 * ever sees it with another mode, and there is no moment without a socket while a stale one is replaced. A lock between
 * processes is held from the check of the existing socket to the rename, so that of two daemons that start at once one
 * wins and the other sees a live socket. Leftovers of killed daemons are removed from the folder at the same time.
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
    const message = `${path} is too long: a socket path may have at most ${maxSocketPathBytes} bytes`
    throw new IpcError('SOCKET_UNUSABLE', message, { hint: 'set LATCHKEY_RUNTIME_DIR to a shorter folder' })
  }
  const lock = join(folder, `.${basename(path)}.lock`)
  const server = createUnixServer(onStream)
  try {
    await prepareSocketFolder(path)
    const bind = async () => {
      await refuseLiveSocket(path)
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
        stopListening(server)
        const takeAway = async () => {
          const present = await lstat(path)
          if (present.ino === own.ino && present.dev === own.dev) await unlink(path)
        }
        await withDeadline(clock, closingPatienceMs, (patience) => withProcessLock(lock, takeAway, patience)).catch(
          () => {
            // Its file or folder is gone already, as it should be; or the holder of the lock is suspended.
          },
        )
      },
    }
  } catch (error) {
    stopListening(server)
    throw error instanceof IpcError || signal?.aborted ? error : unusable(path, error)
  }
}

/**
 * Listens on a socket that was passed in as an open file descriptor (systemd's socket activation). Its file stays.
 * @throws {IpcError} SOCKET_UNUSABLE: also for one of a network, where it is not known who has connected
 */
export async function listenInherited(fd: number, onStream: OnStream): Promise<UnixListener> {
  const server = createUnixServer(onStream)
  try {
    await listening(server, { fd })
  } catch (error) {
    throw unusable(`the inherited socket ${fd}`, error)
  }
  // An address is that of a network: a Unix socket that we have not bound has none.
  if (server.address() !== null) {
    stopListening(server)
    throw new IpcError('SOCKET_UNUSABLE', `cannot listen on the inherited socket ${fd}: it is not a Unix socket`, {
      hint: 'ListenStream= in its .socket unit must be a path; systemctl --user cat shows it',
    })
  }
  return { close: async () => stopListening(server) }
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

/** @returns what distinguishes our socket from another one that has taken its place */
async function bindInPlace(server: Server, path: string): Promise<Stats> {
  const privateFolder = await mkdtemp(`${dirname(path)}/.`)
  try {
    const bound = join(privateFolder, boundName)
    await listening(server, { path: bound })
    await chmod(bound, 0o600)
    const own = await lstat(bound)
    await rename(bound, path)
    return own
  } finally {
    await rm(privateFolder, { recursive: true, force: true })
  }
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

/**
 * Listens on a socket of a service manager where there is one, or else makes its own.
 * @param fd that the service manager has passed
 * @throws {IpcError} as `listenUnix`, and where others could change the folder
 */
export async function listenAt(
  path: string,
  fd: number | undefined,
  onStream: OnStream,
  options: ListenOptions,
): Promise<UnixListener> {
  if (fd === undefined) return await listenUnix(path, onStream, options)
  await checkSocketFolder(path)
  return await listenInherited(fd, onStream)
}
