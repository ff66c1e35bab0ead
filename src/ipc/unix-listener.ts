import type { Stats } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, rename, rm, stat, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../core/errors.ts'
import { withProcessLock } from '../core/process-lock.ts'
import { maxSocketPathBytes } from '../core/socket-path.ts'
import { IpcError } from './ipc-error.ts'

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

/**
 * Listens on a Unix socket that belongs to its user alone. The folder is made with mode 0700 where it is missing.
 *
 * The socket is bound in a private folder beside its place, gets mode 0600 there and is then renamed into place: nobody
 * ever sees it with another mode, and a stale one is replaced with no moment without a socket. Between the look at the
 * present socket and the rename a lock between processes is held, so that of two that start at once one wins and the
 * other sees a live socket.
 * @throws {IpcError} SOCKET_IN_USE, SOCKET_UNUSABLE
 */
export async function listenUnix(path: string, onStream: OnStream): Promise<UnixListener> {
  const folder = dirname(path)
  // The private folder's name is `.` and six characters.
  const longest = Math.max(Buffer.byteLength(path), Buffer.byteLength(join(folder, '.xxxxxx', 's')))
  if (longest > maxSocketPathBytes) {
    throw new IpcError('SOCKET_UNUSABLE', `${path} has more than the ${maxSocketPathBytes} bytes of a socket path`, {
      hint: 'set LATCHKEY_RUNTIME_DIR to a shorter folder',
    })
  }
  const lock = join(folder, `.${basename(path)}.lock`)
  const server = createListener(onStream)
  try {
    await prepareFolder(folder)
    const own = await withProcessLock(lock, async () => {
      await refuseLiveSocket(path)
      return await bindInPlace(server, path)
    })
    return {
      async close() {
        stop(server)
        await withProcessLock(lock, async () => {
          const present = await lstat(path)
          if (present.ino === own.ino && present.dev === own.dev) await unlink(path)
        }).catch(() => {
          // Its file or folder is gone already, which is what is wanted.
        })
      },
    }
  } catch (error) {
    stop(server)
    throw error instanceof IpcError ? error : unusable(path, error)
  }
}

/**
 * Listens on a socket that was handed over as an open file descriptor (systemd's socket activation). Its file stays.
 * @throws {IpcError} SOCKET_UNUSABLE
 */
export async function listenInherited(fd: number, onStream: OnStream): Promise<UnixListener> {
  const server = createListener(onStream)
  try {
    await listening(server, () => server.listen({ fd }))
  } catch (error) {
    throw unusable(`the inherited socket ${fd}`, error)
  }
  return {
    async close() {
      stop(server)
    },
  }
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = await stat(folder)
  if (uid !== process.getuid!()) {
    throw new IpcError('SOCKET_UNUSABLE', `${folder} belongs to another user`, {
      hint: `ls -ld ${folder}, or set LATCHKEY_RUNTIME_DIR to a folder of your own`,
    })
  }
  if ((mode & 0o077) !== 0) {
    const message = `${folder} is open to others (mode ${(mode & 0o777).toString(8)})`
    throw new IpcError('SOCKET_UNUSABLE', message, { hint: `chmod 700 ${folder}` })
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
      hint: `mv ${path} ${path}.old`,
    })
  }
  if (await isStale(path)) return
  throw new IpcError('SOCKET_IN_USE', `another latchkey daemon is running: it listens on ${path}`, {
    hint: 'latchkey status; to stop it: systemctl --user stop latchkey, or end its process',
  })
}

/** Nobody listens. Every other failure, such as a full queue, comes from somebody who does. */
function isStale(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket
      .on('connect', () => {
        socket.destroy()
        resolve(false)
      })
      .on('error', (error) => resolve(['ECONNREFUSED', 'ENOENT'].includes(errorCode(error) ?? '')))
  })
}

/** @returns what tells our socket from another one that has taken its place */
async function bindInPlace(server: Server, path: string): Promise<Stats> {
  const privateFolder = await mkdtemp(`${dirname(path)}/.`)
  try {
    const bound = join(privateFolder, 's')
    await listening(server, () => server.listen(bound))
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

function unusable(what: string, cause: unknown): IpcError {
  return new IpcError('SOCKET_UNUSABLE', `cannot listen on ${what}: ${errorCode(cause) ?? 'unknown error'}`, { cause })
}
