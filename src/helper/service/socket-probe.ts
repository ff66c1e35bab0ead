import { connect } from 'node:net'
import { errorCode } from '../../core/errors.ts'

/** Longer than a cold start of the daemon by a connection takes, in ms. */
const patienceMs = 10_000

/** The agent protocol's extension `query` (RFC 9987 §5.8): any answer will do, and it needs no key. */
const agentQuestion = Buffer.from('\0\0\0\x0a\x1b\0\0\0\x05query', 'latin1')
const apiQuestion = Buffer.from('GET /v1/status HTTP/1.1\r\nhost: localhost\r\n\r\n')

/** Whether something answers on a socket, which starts a service that waits for a connection. */
export type SocketAnswer = { type: 'answers' } | { type: 'silent'; reason: string }

export function probeAgent(path: string): Promise<SocketAnswer> {
  return probe(path, agentQuestion)
}

export function probeApi(path: string): Promise<SocketAnswer> {
  return probe(path, apiQuestion)
}

function probe(path: string, question: Uint8Array): Promise<SocketAnswer> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (answer: SocketAnswer) => {
      socket.destroy()
      resolve(answer)
    }
    const silent = (reason: string) => settle({ type: 'silent', reason })
    socket.setTimeout(patienceMs, () => silent(`no answer within ${patienceMs / 1000} s`))
    socket.on('data', () => settle({ type: 'answers' }))
    socket.on('error', (error) => silent(reasons[errorCode(error) ?? ''] ?? error.message))
    socket.on('close', () => silent('the connection was closed without an answer'))
    socket.write(question)
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens on it',
  EACCES: 'it is not yours to use',
}
