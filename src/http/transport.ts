import type { IncomingMessage } from 'node:http'
import type { Clock } from '../core/time/clock.ts'
import type { Route } from './connect.ts'
import { connectionError } from './connection-error.ts'
import { openConnections, type RequestHead } from './connections.ts'
import { HttpError } from './http-error.ts'
import { readBody } from './read-body.ts'
import type { ServerAddress } from './server-address.ts'
import type { TlsSettings } from './tls.ts'

/** One complete HTTP request. */
export interface HttpRequest extends RequestHead {
  body: Uint8Array | undefined
  /** For the whole exchange, from its start to the last byte of the answer. */
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** One complete answer. */
export interface HttpAnswer {
  status: number
  /** The first value of a header. @param name in lower case */
  header(name: string): string | undefined
  body: Buffer
  /** How far the server's clock is ahead of ours in ms, by its Date header; zero if they may agree. */
  clockSkewMs: number | undefined
}

/** What became of a request. */
export type HttpOutcome =
  | { type: 'answer'; answer: HttpAnswer }
  /** `wasSent`: the server may have seen the request and acted on it. */
  | { type: 'failure'; error: HttpError; wasSent: boolean }

/** Sends requests to one server. */
export interface HttpTransport {
  /** Never rejects because of the network or the server: that is a `failure`. */
  exchange(request: HttpRequest): Promise<HttpOutcome>
  /** Closes the idle connections. */
  close(): void
}

/** The server, and how it is reached. */
export interface HttpTransportOptions {
  address: ServerAddress
  tls: TlsSettings
  /** Absent: directly, at its address. */
  route?: Route | undefined
  /** How messages name the server. */
  server: string
  /** The size limit for the body of an answer. */
  maxBytes: number
  clock: Clock
}

/** @throws {HttpError} HTTP_CONFIG when a certificate or key cannot be read */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const { address, tls, route = {}, server, maxBytes, clock } = options
  const connections = openConnections(address, tls, route)

  return {
    exchange: (request) =>
      new Promise((resolve) => {
        const aborted = () => new HttpError('aborted', `the request to ${server} was given up`)
        if (request.signal?.aborted === true) {
          resolve({ type: 'failure', error: aborted(), wasSent: false })
          return
        }
        const startedMs = clock.now()
        let wasSent = false
        const abandoned = new AbortController()
        const outgoing = connections.start(request, abandoned.signal)
        const settle = (outcome: HttpOutcome) => {
          stopTimer()
          request.signal?.removeEventListener('abort', onAbort)
          resolve(outcome)
        }
        const fail = (error: HttpError) => {
          settle({ type: 'failure', error, wasSent })
          outgoing.destroy()
          abandoned.abort()
        }
        const onAbort = () => fail(aborted())
        const stopTimer = clock.after(request.timeoutMs, () => fail(timeoutError(server, request.timeoutMs)))
        request.signal?.addEventListener('abort', onAbort, { once: true })

        // It gets a connection when that is ready, and is sent at once.
        outgoing.on('socket', () => {
          wasSent = true
        })
        outgoing.on('error', (cause) => fail(connectionError(cause, server)))
        outgoing.on('response', (incoming) => {
          const clockSkewMs = clockSkew(incoming.headers.date, startedMs, clock.now())
          readBody(incoming, maxBytes).then(
            (body) => {
              if (body === undefined) fail(tooLarge(server, maxBytes))
              else settle({ type: 'answer', answer: toAnswer(incoming, body, clockSkewMs) })
            },
            (cause: Error) => fail(connectionError(cause, server)),
          )
        })
        outgoing.end(request.body)
      }),
    close: () => connections.close(),
  }
}

function toAnswer(incoming: IncomingMessage, body: Buffer, clockSkewMs: number | undefined): HttpAnswer {
  return {
    status: incoming.statusCode!,
    header: (name) => {
      const value = incoming.headers[name]
      return Array.isArray(value) ? value[0] : value
    },
    body,
    clockSkewMs,
  }
}

const tooLarge = (server: string, maxBytes: number) =>
  new HttpError('too-large', `${server} answers with more than ${maxBytes} bytes`)

const timeoutError = (server: string, timeoutMs: number) =>
  new HttpError('timeout', `${server} did not answer within ${Math.ceil(timeoutMs / 1000)} s`)

/**
 * Only as much skew as is certain. Date has whole seconds and was written at some time during the exchange, which may have
 * been long: if this machine was suspended meanwhile, that is no sign of a wrong clock.
 */
function clockSkew(date: string | undefined, startedMs: number, answeredMs: number): number | undefined {
  const serverMs = Date.parse(date ?? '')
  if (Number.isNaN(serverMs)) return undefined
  return Math.max(0, serverMs - answeredMs) + Math.min(0, serverMs + 1000 - startedMs)
}
