import { randomBytes } from 'node:crypto'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { listenNew } from '../../ipc/sockets/new-socket.ts'
import { listenInherited, type UnixListener } from '../../ipc/sockets/unix-listener.ts'
import type { OnStream } from '../../ipc/sockets/unix-server.ts'

/** The socket of an agent, and the path by which clients find it; undefined: whoever has passed it knows that. */
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
  // Four letters of ours and six of mkdtemp: as many as people's scripts look for.
  const folder = await mkdtemp(join(place.temporaryFolder, `ssh-${randomBytes(2).toString('hex')}`))
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
    throw error
  }
}
