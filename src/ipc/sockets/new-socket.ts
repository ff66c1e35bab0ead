import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import { maxSocketPathBytes } from '../../core/places/socket-path.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { IpcError } from '../ipc-error.ts'
import type { UnixListener } from './unix-listener.ts'
import { createUnixServer, listening, type OnStream, stopListening } from './unix-server.ts'

/**
 * Listens on a Unix socket that it makes, with mode 0600, where there is nothing yet, in a folder of any owner: so does
 * ssh-agent with the address of `-a`. It needs the process's umask for itself while it binds.
 * @throws {IpcError} SOCKET_IN_USE, SOCKET_UNUSABLE
 */
export async function listenNew(path: string, onStream: OnStream): Promise<UnixListener> {
  // When it closes, Node removes the path that it has bound, and the process may be in another folder by then.
  const place = resolve(path)
  if (Buffer.byteLength(place) > maxSocketPathBytes)
    throw new IpcError(
      'SOCKET_UNUSABLE',
      `${place} is too long: a socket path may have at most ${maxSocketPathBytes} bytes`,
      { hint: 'latchkey agent-compat -a PATH, with a shorter one' },
    )
  const server = createUnixServer(onStream)
  const umask = process.umask(0o177)
  try {
    const bound = listening(server, { path: place })
    process.umask(umask)
    await bound
  } catch (error) {
    stopListening(server)
    throw unusable(path, error)
  } finally {
    process.umask(umask)
  }
  return { close: async () => stopListening(server) }
}

function unusable(path: string, cause: unknown): IpcError {
  const folder = dirname(path)
  if (errorCode(cause) !== 'EADDRINUSE') {
    // Node says EACCES for that, too.
    const isMissing = !existsSync(folder)
    const reason = isMissing ? `there is no folder ${folder}` : (errorCode(cause) ?? 'unknown error')
    const hint = isMissing ? `mkdir -p ${shellWord(folder)}` : `ls -ld ${shellWord(folder)}; df ${shellWord(folder)}`
    return new IpcError('SOCKET_UNUSABLE', `cannot listen on ${path}: ${reason}`, { cause, hint })
  }
  return new IpcError('SOCKET_IN_USE', `cannot listen on ${path}: there is something already`, {
    cause,
    hint: `SSH_AUTH_SOCK=${shellWord(path)} ssh-add -l shows whether an agent is there; what is left over must be removed`,
  })
}
