import { chmod, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeadSocket } from '../../core/files/dead-socket.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { findPathFault, octal } from '../../core/trust/path-trust.ts'
import { IpcError } from '../ipc-error.ts'

/**
 * Makes the folder of a socket if it is missing, accessible to its user alone; an existing folder must be so too.
 * @throws {IpcError} SOCKET_UNUSABLE: others could put another socket there, or use this one
 */
export async function prepareSocketFolder(socketPath: string): Promise<void> {
  const folder = dirname(socketPath)
  // Checked before as well: no folder is made on a path that somebody else controls.
  refuseUntrusted(folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  refuseUntrusted(folder)
  const { uid, mode } = await stat(folder)
  if (uid !== process.getuid!()) {
    throw new IpcError('SOCKET_UNUSABLE', `${folder} belongs to another user (uid ${uid}, mode ${octal(mode)})`, {
      hint: `ls -ld ${shellWord(folder)}, or set LATCHKEY_RUNTIME_DIR to a folder of your own`,
    })
  }
  if ((mode & 0o077) !== 0) {
    const message = `${folder} is open to others (mode ${octal(mode & 0o777)})`
    throw new IpcError('SOCKET_UNUSABLE', message, { hint: `chmod 700 ${shellWord(folder)}` })
  }
  await markSticky(folder)
}

/**
 * Checks the folder of a socket that the service manager has made.
 * @throws {IpcError} SOCKET_UNUSABLE: others could put another socket there
 */
export async function checkSocketFolder(socketPath: string): Promise<void> {
  refuseUntrusted(socketPath)
  // Missing if the manager keeps its sockets in another place.
  await markSticky(dirname(socketPath)).catch(() => {})
}

/**
 * With the sticky bit, nobody but the owner can replace a socket, even if the folder is opened to others later. It is also
 * something that a shell can check without starting a process (src/helper/shell-parts/ask-daemon.sh).
 */
async function markSticky(folder: string): Promise<void> {
  const { mode } = await stat(folder)
  if ((mode & 0o1000) === 0) await chmod(folder, (mode & 0o777) | 0o1000)
}

function refuseUntrusted(path: string): void {
  const fault = findPathFault(path)
  if (fault === undefined) return
  const hint = `${fault.hint}; or set LATCHKEY_RUNTIME_DIR to a folder of your own`
  throw new IpcError('SOCKET_UNUSABLE', fault.message, { hint })
}

/** The name of a folder in which a socket is bound before it is moved to its place: mkdtemp's six letters after a dot. */
const bindingFolder = /^\.[A-Za-z0-9]{6}$/
/** The name of the socket in it. */
export const boundName = 's'

/** A random name almost always has a capital letter or a digit: an empty `.config` is not ours. */
const isRandomName = (name: string) => /[A-Z0-9]/.test(name)

/**
 * Removes what daemons that were killed while they bound a socket have left in the folder: folders of our own that hold a
 * socket on which nobody listens, or nothing. A live daemon that binds another socket here already has its first socket;
 * so a daemon that has found no live socket cannot remove a folder in use.
 */
export async function sweepSocketFolder(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((entry) => bindingFolder.test(entry))) {
    const path = join(folder, name)
    const isOwnFolder = await lstat(path).then((entry) => entry.isDirectory() && entry.uid === process.getuid!(), no)
    if (isOwnFolder && (await isLeftover(path, name))) await rm(path, { recursive: true, force: true })
  }
}

async function isLeftover(path: string, name: string): Promise<boolean> {
  const [first, ...more] = await readdir(path).catch(() => ['gone'])
  if (first === undefined) return isRandomName(name)
  return first === boundName && more.length === 0 && (await isDeadSocket(join(path, first)))
}

const no = () => false
