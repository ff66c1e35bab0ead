import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdtemp, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../errors.ts'
import { maxSocketPathBytes } from '../places/socket-path.ts'
import { isDeadSocket } from './dead-socket.ts'

/**
 * Runs `run` while no other process on this machine holds the lock `path`; waits for the current holder.
 *
 * The lock is a folder with one socket in it, on which its holder listens. Each process renames a folder of its own, with
 * its socket in it, to `path`. The kernel refuses that while the folder there is not empty, so only one process wins.
 * The kernel also reports whether a holder is alive (its socket accepts or refuses) and wakes the waiting processes (their
 * connection ends). So there is no timer, no pid that may have been reused, and no lock that outlives a crash. Every
 * socket has a name of its own, so that removing a dead one never removes its successor's. Each holder removes the folders
 * that killed waiters have left.
 * The lock does not work across machines that share the folder over a network file system. On macOS (not tested) the path
 * must leave room for the name of the socket.
 * @param signal ends the wait, because a suspended holder would never let go. It does not interrupt `run`
 * @throws the file system's error when the lock cannot be made; ENAMETOOLONG; the reason of `signal`
 */
export async function withProcessLock<T>(path: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const folder = await open(dirname(path), 'r')
  try {
    const release = await acquire(path, folder, signal)
    try {
      await sweep(path, folder)
      return await run()
    } finally {
      await release()
    }
  } finally {
    await folder.close()
  }
}

/**
 * Removes the folders of processes that were killed while they waited for the lock: those in which no socket has a listener.
 * Only its holder does that. It never fails: what is left is swept later.
 */
async function sweep(path: string, folder: FileHandle): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => [])
  const lock = basename(path)
  for (const name of names.filter((entry) => isWaiter(entry, lock))) {
    if (await isAbandoned(folder, path, name))
      await rm(join(dirname(path), name), { recursive: true, force: true }).catch(() => {})
  }
}

/** The name of the lock with the six characters of mkdtemp. */
function isWaiter(name: string, lock: string): boolean {
  return name.startsWith(lock) && /^\.\w{6}$/.test(name.slice(lock.length))
}

async function isAbandoned(folder: FileHandle, path: string, name: string): Promise<boolean> {
  // Not a folder, or not readable by us, or gone.
  const sockets = await readdir(join(dirname(path), name)).catch(() => undefined)
  if (sockets === undefined) return false
  const areDead = await Promise.all(sockets.map((socket) => isDeadSocket(reachable(folder, path, join(name, socket)))))
  return areDead.every(Boolean)
}

async function acquire(path: string, folder: FileHandle, signal?: AbortSignal): Promise<() => Promise<void>> {
  signal?.throwIfAborted()
  // Short, because the path of a socket may not be long.
  const name = randomBytes(4).toString('hex')
  const own = await mkdtemp(`${path}.`)
  const waiting = new Set<Socket>()
  const server = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => {}).on('close', () => waiting.delete(socket))
  })
  const endServer = () => {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
  try {
    await listen(server, reachable(folder, path, join(basename(own), name)))
    while (!(await movedTo(own, path))) {
      for (const holder of await readdir(path).catch(emptyWhereMissing)) {
        const isDead = await outlive(reachable(folder, path, join(basename(path), holder)), signal)
        if (isDead) await unlink(join(path, holder)).catch(ignoreMissing)
        signal?.throwIfAborted()
      }
    }
  } catch (error) {
    endServer()
    // A sweep took the folder for an abandoned one, in the moment before its socket listened.
    const wasSwept = !(await readdir(dirname(path))).includes(basename(own))
    if (wasSwept) return await acquire(path, folder, signal)
    await rm(own, { recursive: true, force: true })
    throw error
  }
  return async () => {
    await unlink(join(path, name))
    // The next holder may have put its folder here already.
    await rmdir(path).catch(() => {})
    endServer()
  }
}

/** A path of the socket that fits into sockaddr_un: where the plain one is too long, one through the open folder. */
function reachable(folder: FileHandle, lock: string, entry: string): string {
  const path = join(dirname(lock), entry)
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path
  if (process.platform === 'linux') return `/proc/self/fd/${folder.fd}/${entry}`
  throw Object.assign(new Error(`the path of a socket is too long: ${path}`), { code: 'ENAMETOOLONG' })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, resolve)
  })
}

async function movedTo(own: string, path: string): Promise<boolean> {
  try {
    await rename(own, path)
    return true
  } catch (error) {
    // POSIX allows either code.
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Waits until the holder that listens there lets go, or the signal aborts. @returns true if nobody was listening */
function outlive(socketPath: string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false)
    const socket = connect(socketPath)
    const giveUp = () => socket.destroy()
    signal?.addEventListener('abort', giveUp)
    socket
      .on('error', (error) => resolve(errorCode(error) === 'ECONNREFUSED'))
      .on('close', () => {
        signal?.removeEventListener('abort', giveUp)
        resolve(false)
      })
  })
}

function emptyWhereMissing(error: unknown): string[] {
  ignoreMissing(error)
  return []
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error
}
