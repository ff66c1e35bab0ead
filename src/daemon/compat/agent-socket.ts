import { randomBytes } from 'node:crypto'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describeError } from '../../core/errors.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { IpcError } from '../../ipc/ipc-error.ts'
import { listenNew } from '../../ipc/sockets/new-socket.ts'
import { listenInherited, type UnixListener } from '../../ipc/sockets/unix-listener.ts'
import type { OnStream } from '../../ipc/sockets/unix-server.ts'

/** The socket of an agent, and the path by which clients find it; undefined: the process that has passed it knows that. */
export interface AgentSocket extends UnixListener {
  path: string | undefined
}

/** Where the socket is to be. */
export interface AgentSocketPlace {
  /** It is there already: a descriptor that was passed to this process. */
  passed?: number | undefined
  /** Undefined: `ssh-XXXXXXXXXX/agent.PID` in the folder for temporary files. */
  address: string | undefined
  temporaryFolder: string
  pid: number
}

/**
 * Listens where ssh-agent does (ssh-agent(1), FILES): a folder that it has made goes with the socket.
 * @throws {IpcError} SOCKET_IN_USE, SOCKET_UNUSABLE
 */
export async function openAgentSocket(place: AgentSocketPlace, onStream: OnStream): Promise<AgentSocket> {
  if (place.passed !== undefined) return { path: undefined, ...(await listenInherited(place.passed, onStream)) }
  if (place.address !== undefined) return { path: place.address, ...(await listenNew(place.address, onStream)) }
  // TMPDIR may be relative, and clients and this process may be in other folders later.
  const temporary = resolve(place.temporaryFolder)
  // Four letters of ours and six of mkdtemp: as many as people's scripts look for.
  const folder = await mkdtemp(join(temporary, `ssh-${randomBytes(2).toString('hex')}`)).catch((cause: unknown) => {
    throw unusable(temporary, `no folder for the socket can be made in ${temporary}: ${describeError(cause)}`, cause)
  })
  const removeFolder = () => rmdir(folder).catch(() => {})
  const path = join(folder, `agent.${place.pid}`)
  try {
    const listener = await listenNew(path, onStream)
    return {
      path,
      async close() {
        await listener.close()
        await removeFolder()
      },
    }
  } catch (error) {
    await removeFolder()
    throw unusable(temporary, describeError(error), error)
  }
}

/** What helps is in the folder that the user has named, or could. */
function unusable(temporary: string, message: string, cause: unknown): IpcError {
  const word = shellWord(temporary)
  const hint = `ls -ld ${word}; df ${word}; another TMPDIR, or -a PATH, puts the socket elsewhere`
  return new IpcError('SOCKET_UNUSABLE', message, { cause, hint })
}
