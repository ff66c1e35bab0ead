import { connect } from 'node:net'
import { errorCode } from '../errors.ts'

/**
 * Whether a socket file was left behind: nobody listens on it, or it has just gone. Any other failure, such as a full
 * queue, means that a process is listening, even if that process is suspended.
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
