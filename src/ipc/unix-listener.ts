import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { describeError, errorCode } from '../core/errors.ts'
import { withProcessLock } from '../core/process-lock.ts'
import { maxSocketPathBytes } from '../core/socket-path.ts'
import { IpcError } from './ipc-error.ts'

/** A Unix socket that accepts. */
export interface UnixListener {
  /** Stops accepting; open connections stay. Our own socket goes away, another one that has taken its place stays. */
  close(): Promise<void>
}

/** Takes an accepted stream. It is half-open: a client that has said all that it has to say still gets its answer. */
export type OnStream = (stream: Socket) => void

const ownerOnly = 0o700
const othersBits = 0o077

/**
 * Listens on a Unix socket that only its owner can reach: folder 0700, socket 0600 from the first instant. What a dead
 * process left behind is replaced, what a living one listens on is not.
 * @throws {IpcError} SOCKET_IN_USE, SOCKET_UNUSABLE
 */
export async function listenUnix(path: string, onStream: OnStream): Promise<UnixListener> {
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new IpcError('SOCKET_UNUSABLE', `a socket's path has at most ${maxSocketPathBytes} bytes: ${path}`, {
      hint: 'set LATCHKEY_RUNTIME_DIR to a folder with a shorter path',
    })
  }
  try {
    prepareFolder(dirname(path))
    // Of two that start at once and both find a dead socket, the second must find the first one's living socket.
    return await withProcessLock(`${path}.lock`, () => takePlace(path, onStream))
  } catch (error) {
    if (error instanceof IpcError) throw error
    throw new IpcError('SOCKET_UNUSABLE', `cannot listen on ${path}: ${describeError(error)}`, { cause: error })
  }
}

/** Accepts on a socket that the service manager has bound and passed; it stays in place when this closes. */
export async function listenInherited(fd: number, onStream: OnStream): Promise<UnixListener> {
  const server = createServer({ allowHalfOpen: true }, onStream)
  await listening(server, () => server.listen({ fd }))
  return { close: () => closed(server) }
}

function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: ownerOnly })
  const { mode, uid } = lstatSync(folder)
  const isOurs = process.getuid === undefined || uid === process.getuid()
  if (isOurs && (mode & othersBits) === 0) return
  throw new IpcError(
    'SOCKET_UNUSABLE',
    `${folder} is open to others, and whoever reaches the sockets can use the keys`,
    {
      hint: isOurs ? `chmod 700 ${folder}` : `ls -ld ${folder}: it must be your own`,
    },
  )
}

async function takePlace(path: string, onStream: OnStream): Promise<UnixListener> {
  if (await isAlive(path)) {
    throw new IpcError('SOCKET_IN_USE', `another latchkey daemon listens on ${path}`, {
      hint: 'latchkey status shows it; stop it first, or set LATCHKEY_RUNTIME_DIR for a second one',
    })
  }
  const server = createServer({ allowHalfOpen: true }, onStream)
  // Under another name first. libuv unlinks the name that it bound when it closes, whoever's socket that is by then;
  // and a rename puts the new socket into the place of the dead one in one step.
  const temporary = join(dirname(path), `.${randomBytes(3).toString('hex')}`)
  // bind(2) happens inside listen(), so that the mode is right before anybody can connect.
  const umask = process.umask(0o177)
  try {
    await listening(server, () => {
      server.listen(temporary)
      process.umask(umask)
    })
  } finally {
    process.umask(umask)
  }
  renameSync(temporary, path)
  const { ino } = lstatSync(path)
  return {
    async close() {
      if (inodeOf(path) === ino) rmSync(path)
      await closed(server)
    },
  }
}

/** Tells whether a process accepts there. @throws {IpcError} SOCKET_UNUSABLE when something else is in the way */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', (cause) => {
      const code = errorCode(cause)
      if (code === 'ENOENT' || (code === 'ECONNREFUSED' && lstatSync(path).isSocket())) return resolve(false)
      // Its queue is full: it lives.
      if (code === 'EAGAIN') return resolve(true)
      const message = `${path} is there, and is not a socket that can be replaced`
      reject(new IpcError('SOCKET_UNUSABLE', message, { cause, hint: `ls -l ${path}` }))
    })
  })
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('listening', resolve)
    listen()
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
