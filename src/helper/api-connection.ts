import { connect } from 'node:net'
import { errorCode } from '../core/errors.ts'
import { maxSocketPathBytes } from '../core/socket-path.ts'
import { HelperError } from './failure.ts'
import { parseHttpReply } from './http-reply.ts'
import type { DaemonCall, DaemonConnection, DaemonReply } from './lent-prompt.ts'

export interface ApiConnection extends DaemonConnection {
  /** @throws {HelperError} DAEMON_NOT_RUNNING, DAEMON_UNREACHABLE, BAD_REPLY */
  call(request: DaemonCall): Promise<DaemonReply>
  /** Fails the call that waits, and those to come. */
  close(reason?: HelperError): void
}

/**
 * Connects to `api.sock` with node:net alone. Measured on Node 20: a helper that loads node:http takes 1.54 × the time
 * of `node -e 0`, this one 1.20 ×.
 * @throws {HelperError} DAEMON_UNREACHABLE for a path that no socket can have
 */
export function openApiConnection(socketPath: string): ApiConnection {
  let received: Buffer[] = []
  let waiting: { resolve: (reply: DaemonReply) => void; reject: (error: HelperError) => void } | undefined
  let ended: HelperError | undefined

  if (Buffer.byteLength(socketPath) > maxSocketPathBytes) throw pathTooLong(socketPath)
  const socket = connect(socketPath)
  const end = (error: HelperError) => {
    ended ??= error
    socket.destroy()
    waiting?.reject(ended)
    waiting = undefined
  }
  const read = () => {
    const reply = parseHttpReply(received.length === 1 ? received[0]! : Buffer.concat(received))
    if (reply === undefined) return
    received = []
    waiting?.resolve(reply)
    waiting = undefined
  }
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk)
    try {
      read()
    } catch (error) {
      end(error as HelperError)
    }
  })
  socket.on('error', (cause) => end(connectionError(socketPath, cause)))
  socket.on('close', () => end(new HelperError('DAEMON_UNREACHABLE', closedMessage, { hint: 'latchkey status' })))

  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended)
        waiting = { resolve, reject }
        socket.write(encodeRequest(request))
      }),
    close: (reason) => end(reason ?? new HelperError('DAEMON_UNREACHABLE', closedMessage)),
  }
}

const closedMessage = 'the daemon closed the connection without an answer'

function encodeRequest({ method, path, headers = {}, body }: DaemonCall): string {
  const json = body === undefined ? '' : JSON.stringify(body)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const content =
    body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n`
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}${content}\r\n${json}`
}

function pathTooLong(socketPath: string): HelperError {
  const message = `the path of a socket has at most ${maxSocketPathBytes} bytes: ${socketPath}`
  return new HelperError('DAEMON_UNREACHABLE', message, { hint: 'set LATCHKEY_RUNTIME_DIR to a shorter folder' })
}

/** The words for a socket that cannot be reached; other commands use them too. */
export function connectionError(socketPath: string, cause: unknown): HelperError {
  const code = errorCode(cause) ?? 'unknown error'
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new HelperError('DAEMON_NOT_RUNNING', `the daemon is not running: nothing listens on ${socketPath}`, {
        cause,
        hint: 'latchkey service install, or latchkey daemon in another terminal',
      })
    case 'EACCES':
    case 'EPERM':
      return new HelperError('DAEMON_UNREACHABLE', `not allowed to use ${socketPath}`, {
        cause,
        hint: `ls -ld ${socketPath}: socket and folder must be your own`,
      })
    default:
      return new HelperError('DAEMON_UNREACHABLE', `cannot reach the daemon on ${socketPath}: ${code}`, {
        cause,
        hint: 'latchkey status',
      })
  }
}
