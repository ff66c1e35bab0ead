import { Socket } from 'node:net'
import type { Environment } from '../core/environment.ts'

/** What ties the daemon to the program that started it, where that asked for it. */
export interface ParentLink {
  /** Tells the parent that the sockets accept. */
  ready(): void
  close(): void
}

/**
 * The other end of a socket that the parent passed as file descriptor `LATCHKEY_PARENT_FD`: one line `ready` goes over
 * it, and once the parent is gone, however it died, `onGone` is called. So `latchkey dev` leaves no daemon behind.
 */
export function openParentLink(environment: Environment, onGone: () => void): ParentLink {
  const fd = Number(environment.LATCHKEY_PARENT_FD)
  if (!Number.isInteger(fd) || fd < 3) return { ready: () => {}, close: () => {} }
  const socket = new Socket({ fd, readable: true, writable: true })
  let closing = false
  const gone = () => {
    if (!closing) onGone()
    closing = true
  }
  socket.on('error', gone).on('close', gone).on('end', gone).resume()
  return {
    ready: () => socket.write('ready\n'),
    close() {
      closing = true
      socket.destroy()
    },
  }
}
