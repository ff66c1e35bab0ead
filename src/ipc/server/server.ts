import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { describeError, errorCode } from '../../core/errors.ts'
import { describeFault } from '../../core/fault.ts'
import type { Marking } from '../../core/limits/admission.ts'
import { createByteBudget } from '../../core/limits/byte-budget.ts'
import type { Churn } from '../../core/limits/churn.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { ApiErrorBody } from '../protocol.ts'
import type { PeerCredentials } from '../sockets/peer-credentials.ts'
import { type ApiCaller, openApiCaller, type Waiting } from './api-caller.ts'
import type { ApiReply, ApiRoute } from './api-route.ts'
import {
  type Guard,
  maxHeaders,
  type Refusal,
  refusal,
  refuseBody,
  refuseMalformed,
  refuseUnexpectedBody,
  refuseUnmatched,
} from './refusals.ts'
import { type EncodeReply, rawReply, sendLast, sendReply } from './reply.ts'
import { readRequestBody } from './request-body.ts'
import { matchRoute } from './route-match.ts'

/** What is served, and to whom. */
export interface ApiServerDeps {
  routes: readonly ApiRoute[]
  /** Called in their order, before anything else. */
  guards: readonly Guard[]
  encode: EncodeReply
  clock: Clock
  churn: Churn
  log: Logger
  toError: (error: unknown) => { status: number; body: ApiErrorBody }
}

/** Serves connections that have been accepted elsewhere. */
export interface ApiServer {
  /** Serves one accepted connection until it closes. @param seat told what the connection is doing */
  serve(socket: Socket, seat: Marking, peer?: PeerCredentials): void
  /** Ends a connection that must make room: a caller that waits for an answer is told so. */
  evict(socket: Socket): void
  /** Answers all waiting requests with 503 and ends all connections. */
  close(): Promise<void>
}

/** The time allowed between two requests of one command; a person may be typing a code. */
const keepAliveMs = 10 * 60_000
const maxHeaderBytes = 16 * 1024
/** Our own client sends one request at a time. Each waiting request holds memory and may ask a person. */
const maxWaitingPerConnection = 8
/** The limit for the bodies of all waiting requests together. */
const maxHeldBytes = 16 * 1024 * 1024

/**
 * HTTP/1.1 on accepted streams (RFC 9112): one handler per route, JSON bodies of limited size, honest statuses.
 * A handler may take as long as it needs: only the time to send a request and to read an answer is limited.
 */
export function createApiServer(deps: ApiServerDeps): ApiServer {
  const { routes, guards, encode, clock, churn, log, toError } = deps
  const callers = new Map<Socket, ApiCaller>()
  const budget = createByteBudget({ maxBytes: maxHeldBytes, churn })
  let isStopped = false

  const answer = async (incoming: IncomingMessage, caller: ApiCaller, request: Waiting): Promise<ApiReply> => {
    for (const guard of guards) {
      const refused = guard(incoming)
      if (refused !== undefined) return refused
    }
    const match = matchRoute(routes, incoming.method ?? '', incoming.url ?? '')
    if (match.type !== 'route') return refuseUnmatched(match)
    const body = await readRequestBody(incoming, (bodyBytes) => caller.update(request, { bodyBytes }))
    if (body.type !== 'json') return refuseBody(body.type)
    const unexpected = refuseUnexpectedBody(match.route, body.value)
    if (unexpected !== undefined) return unexpected
    caller.update(request, { state: 'received' })
    return await match.route.handle({
      method: match.route.method,
      path: match.path,
      params: match.params,
      headers: incoming.headers,
      body: body.value,
      connection: caller.connection,
      signal: request.gone.signal,
    })
  }

  // Node's own time limits need a server that listens by itself, and a timer that would wake an idle process.
  const options = { keepAliveTimeout: keepAliveMs, maxHeaderSize: maxHeaderBytes }
  const server = createServer(options, (incoming, response) => {
    const caller = callers.get(incoming.socket)
    if (caller === undefined || caller.waiting.size >= maxWaitingPerConnection) return void incoming.socket.destroy()
    const request = caller.begin(response)
    answer(incoming, caller, request)
      .catch((error: unknown): ApiReply => {
        const { status, body } = toError(error)
        if (status === 500 && !request.gone.signal.aborted) {
          log.error('request failed', { path: incoming.url, ...describeFault(error) })
        }
        return { status, body }
      })
      .then((reply) => {
        caller.update(request, { state: 'answered' })
        sendReply(incoming, response, reply.status, encode(reply))
      })
      .catch((error: unknown) => log.warn('answer not sent', { reason: describeError(error) }))
  })
  server.maxHeadersCount = maxHeaders + 1
  server.on('clientError', (error, socket: Socket) => {
    const isAnswered = (callers.get(socket)?.waiting.size ?? 0) > 0
    if (isAnswered || !socket.writable || errorCode(error) === 'ECONNRESET') socket.destroy()
    else {
      const malformed = refuseMalformed(error)
      socket.end(rawReply(malformed.status, encode(malformed)))
    }
  })

  /** Answers the requests that wait on a connection, and ends it: at the latest when the time to read an answer is over. */
  const end = async (socket: Socket, caller: ApiCaller, reply: Refusal): Promise<void> => {
    await Promise.all(
      [...caller.waiting].map(([response, request]) => {
        request.gone.abort()
        caller.update(request, { state: 'answered' })
        return sendLast(response, reply.status, encode(reply))
      }),
    )
    socket.destroy()
  }

  return {
    serve(socket, seat, peer) {
      if (isStopped) return void socket.destroy()
      const caller = openApiCaller(socket, { clock, seat, budget, peer })
      callers.set(socket, caller)
      socket.on('close', () => callers.delete(socket))
      server.emit('connection', socket)
      // Before Node's parser has them.
      socket.prependListener('data', (chunk: Uint8Array) => {
        churn.used(chunk.length)
        caller.received()
      })
    },
    evict(socket) {
      const caller = callers.get(socket)
      if (caller === undefined) socket.destroy()
      else void end(socket, caller, refusal(503, 'CONNECTIONS_EXHAUSTED', 'too many connections'))
    },
    async close() {
      isStopped = true
      const reply = refusal(503, 'DAEMON_STOPPING', 'the daemon is stopping')
      await Promise.all([...callers].map(([socket, caller]) => end(socket, caller, reply)))
    },
  }
}
