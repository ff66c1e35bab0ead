import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describeError, errorCode } from '../core/errors.ts'
import { describeFault } from '../core/fault.ts'
import type { Logger } from '../core/log.ts'
import type { ApiConnection, ApiReply, ApiRoute } from './api-route.ts'
import type { PeerCredentials } from './peer-credentials.ts'
import type { ApiErrorBody } from './protocol.ts'
import { refusal, refuseBody, refuseForeign, refuseMalformed, refuseUnmatched } from './refusals.ts'
import { rawReply, sendLast, sendReply } from './reply.ts'
import { readRequestBody } from './request-body.ts'
import { matchRoute } from './route-match.ts'

export interface ApiServerDeps {
  routes: readonly ApiRoute[]
  peerOf: (socket: Socket) => PeerCredentials | undefined
  log: Logger
  toError: (error: unknown) => { status: number; body: ApiErrorBody }
  /** How long a caller may be silent before its request is whole, in ms. */
  silenceMs?: number
  maxConnections?: number
}

export interface ApiServer {
  /** Serves one accepted connection until it closes. */
  serve(socket: Socket): void
  /** Answers the requests that wait with 503 and ends all connections. */
  close(): Promise<void>
}

/** A request without an answer. */
interface Waiting {
  /** Tells its handler that nobody waits any more. */
  gone: AbortController
  socket: Socket
  /** From here on it is the caller who waits. */
  isReceived: boolean
}

/** Between two requests of one command; a person may be typing a code. */
const keepAliveMs = 10 * 60_000
const maxHeaderBytes = 16 * 1024
/** Our own client sends one request at a time; each that waits holds memory and a place among those who can be asked. */
const maxWaitingPerConnection = 8

/**
 * HTTP/1.1 with JSON on accepted streams (RFC 9112): one handler a route, a bounded body, honest statuses.
 * A handler may take as long as it needs: only the time to send a request is limited.
 */
export function createApiServer(deps: ApiServerDeps): ApiServer {
  const { routes, peerOf, log, toError, silenceMs = 10_000, maxConnections = 256 } = deps
  const connections = new Map<Socket, ApiConnection>()
  const waiting = new Map<ServerResponse, Waiting>()
  let isStopped = false

  const leave = (response: ServerResponse) => {
    waiting.get(response)?.gone.abort()
    waiting.delete(response)
  }

  const answer = async (incoming: IncomingMessage, caller: Waiting): Promise<ApiReply> => {
    const foreign = refuseForeign(incoming)
    if (foreign !== undefined) return foreign
    const match = matchRoute(routes, incoming.method ?? '', incoming.url ?? '')
    if (match.type !== 'route') return refuseUnmatched(match)
    const body = await readRequestBody(incoming)
    if (body.type !== 'json') return refuseBody(body.type)
    caller.isReceived = true
    return await match.route.handle({
      method: match.route.method,
      path: match.path,
      params: match.params,
      headers: incoming.headers,
      body: body.value,
      connection: connections.get(incoming.socket)!,
      signal: caller.gone.signal,
    })
  }

  const options = { keepAliveTimeout: keepAliveMs, maxHeaderSize: maxHeaderBytes }
  const server = createServer(options, (incoming, response) => {
    const pending = [...waiting.values()].filter(({ socket }) => socket === incoming.socket)
    if (pending.length >= maxWaitingPerConnection) return void incoming.socket.destroy()
    const gone = new AbortController()
    const caller: Waiting = { gone, socket: incoming.socket, isReceived: false }
    waiting.set(response, caller)
    response.on('close', () => leave(response))
    answer(incoming, caller)
      .catch((error: unknown): ApiReply => {
        const { status, body } = toError(error)
        if (status === 500 && !gone.signal.aborted) {
          log.error('request failed', { path: incoming.url, ...describeFault(error) })
        }
        return { status, body }
      })
      .then((reply) => sendReply(incoming, response, reply))
      .catch((error: unknown) => log.warn('answer not sent', { reason: describeError(error) }))
  })
  // Node's own limit needs a server that listens by itself, and a timer that would wake an idle process.
  server.timeout = silenceMs
  server.on('timeout', (socket: Socket) => {
    const waitsForUs = [...waiting.values()].some((caller) => caller.socket === socket && caller.isReceived)
    if (!waitsForUs) socket.destroy()
  })
  server.on('clientError', (error, socket) => {
    const isAnswered = [...waiting.values()].some((caller) => caller.socket === socket)
    if (isAnswered || !socket.writable || errorCode(error) === 'ECONNRESET') socket.destroy()
    else socket.end(rawReply(refuseMalformed(error)))
  })

  return {
    serve(socket) {
      if (isStopped) return void socket.destroy()
      if (connections.size >= maxConnections) {
        log.warn('too many connections on the local API', { connections: connections.size })
        socket.end(rawReply(refusal(503, 'CONNECTIONS_EXHAUSTED', 'too many connections')))
        // A caller that does not end its half would keep a descriptor of ours.
        socket.resume().setTimeout(silenceMs, () => socket.destroy())
        return
      }
      // A response whose turn has not come does not close with its connection. First of all: what was lent on the
      // connection must not be lent to another request on it.
      socket.on('close', () => {
        connections.delete(socket)
        for (const [response, caller] of waiting) if (caller.socket === socket) leave(response)
      })
      connections.set(socket, toConnection(socket, peerOf(socket)))
      server.emit('connection', socket)
    },
    async close() {
      isStopped = true
      const reply = refusal(503, 'DAEMON_STOPPING', 'the daemon is stopping')
      await Promise.all(
        [...waiting].map(([response, { gone }]) => {
          gone.abort()
          return sendLast(response, reply)
        }),
      )
      for (const socket of connections.keys()) socket.destroy()
    },
  }
}

function toConnection(socket: Socket, peer: PeerCredentials | undefined): ApiConnection {
  const onClose: (() => void)[] = []
  socket.on('close', () => {
    for (const run of onClose) run()
  })
  return {
    peer,
    onClose(run) {
      if (socket.destroyed) run()
      else onClose.push(run)
    },
  }
}
