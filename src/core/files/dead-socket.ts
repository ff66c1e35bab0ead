import { connect } from 'node:net'
import { errorCode } from '../errors.ts'

/**
 * Whether a socket file was left behind: nobody listens on it, or it has just gone. Every other failure, such as a full
 * queue, comes from somebody who listens, even if that process has been stopped.
 */
export function isDeadSocket(path: string): Promise<boolean> {
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
