import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdtemp, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { errorCode } from './errors.ts'
import { maxSocketPathBytes } from './socket-path.ts'

/**
 * Runs `run` while no other process on this machine holds the lock `path`; waits for the present holder.
 *
 * The lock is a folder with one socket in it, on which its holder listens. A folder with a socket in it is renamed to
 * `path`, which the kernel refuses while the folder there is not empty: so one wins. The kernel also says whether a
 * holder lives (its socket accepts or refuses) and wakes those who wait (their connection ends), without a timer, a pid
 * that may be another's by now, or a lock that outlives a crash. Every socket has a name of its own, so that removing a
 * dead one never removes its successor's.
 * Across machines that share the folder by a network file system it does not hold. On macOS (not tested) the path must
 * leave room for the socket's.
 * @throws the file system's error when the lock cannot be made; ENAMETOOLONG
 */
export async function withProcessLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  const folder = await open(dirname(path), 'r')
  try {
    const release = await acquire(path, folder)
    try {
      return await run()
    } finally {
      await release()
    }
  } finally {
    await folder.close()
  }
}

async function acquire(path: string, folder: FileHandle): Promise<() => Promise<void>> {
  // Short, for the path of a socket has room for little.
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
        const isDead = await outlive(reachable(folder, path, join(basename(path), holder)))
        if (isDead) await unlink(join(path, holder)).catch(ignoreMissing)
      }
    }
  } catch (error) {
    endServer()
    await rm(own, { recursive: true, force: true })
    throw error
  }
  return async () => {
    await unlink(join(path, name))
    // Whoever comes next may have put its folder here already.
    await rmdir(path).catch(() => {})
    endServer()
  }
}

/** A path of a socket that fits into sockaddr_un: where it would not, the way through the open folder does. */
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
    // POSIX leaves the choice between the two.
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Waits until the holder that listens there lets go. @returns whether nobody listened */
function outlive(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    connect(socketPath)
      .on('error', (error) => resolve(errorCode(error) === 'ECONNREFUSED'))
      .on('close', () => resolve(false))
  })
}

function emptyWhereMissing(error: unknown): string[] {
  ignoreMissing(error)
  return []
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error
}
