import { Socket } from 'node:net'

/** The link between a process and the program that started it, if that program asked for one. */
export interface ParentLink {
  readonly hasParent: boolean
  /** Lets the parent know that the sockets accept. @param line what it must know */
  ready(line?: string): void
  close(): void
}

/**
 * The other end of a socket that the parent passed as file descriptor `LATCHKEY_PARENT_FD`: one line `ready` is sent over
 * it, and once the parent is gone, however it died, `onGone` is called: so `latchkey dev` leaves no daemon behind. A parent
 * that has sent anything may go.
 * @param environment the variable is removed from it, because a child has no such descriptor
 */
export function openParentLink(environment: Record<string, string | undefined>, onGone: () => void): ParentLink {
  const socket = inheritedSocket(Number(environment.LATCHKEY_PARENT_FD))
  delete environment.LATCHKEY_PARENT_FD
  if (socket === undefined) return { hasParent: false, ready: () => {}, close: () => {} }
  let closing = false
  const gone = () => {
    if (!closing) onGone()
    closing = true
  }
  const released = () => {
    closing = true
  }
  socket.on('error', gone).on('close', gone).on('end', gone).on('data', released)
  return {
    hasParent: true,
    ready: (line = 'ready') => socket.write(`${line}\n`),
    close() {
      closing = true
      socket.destroy()
    },
  }
}

/** Undefined if there is no such descriptor: the variable was meant for another process. */
function inheritedSocket(fd: number): Socket | undefined {
  if (!Number.isInteger(fd) || fd < 3) return undefined
  try {
    return new Socket({ fd, readable: true, writable: true })
  } catch {
    return undefined
  }
}
