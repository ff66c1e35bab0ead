import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describeError } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import type { ApiConnection, ApiReply, ApiRoute } from './api-route.ts'
import type { PeerCredentials } from './peer-credentials.ts'
import { type ApiErrorBody, maxBodyBytes } from './protocol.ts'
import { type Match, matchRoute } from './route-match.ts'

export interface ApiServerDeps {
  routes: readonly ApiRoute[]
  peerOf: (socket: Socket) => PeerCredentials | undefined
  log: Logger
  toError: (error: unknown) => { status: number; body: ApiErrorBody }
}

export interface ApiServer {
  /** Serves one accepted connection until it closes. */
  serve(socket: Socket): void
  /** Ends all connections. */
  close(): Promise<void>
}

/** A caller that sends nothing more is dropped; long waits are the daemon's own, for which there is no limit here. */
const requestTimeoutMs = 10_000
/** Between two requests of one command; a person may be typing a code. */
const keepAliveMs = 120_000
const maxHeaderBytes = 16 * 1024

/** HTTP/1.1 with JSON on accepted streams (RFC 9112): one handler a route, a bounded body, honest statuses. */
export function createApiServer({ routes, peerOf, log, toError }: ApiServerDeps): ApiServer {
  const connections = new WeakMap<Socket, ApiConnection>()

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<ApiReply> => {
    const match = matchRoute(routes, incoming.method ?? '', incoming.url ?? '')
    if (isFromBrowser(incoming)) return refusal(403, 'ORIGIN_REFUSED', 'web pages are not served')
    if (match.type !== 'route') return refusalOf(match, response)
    const body = await readBody(incoming, response)
    if (body.type === 'refused') return body.reply
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    return match.route.handle({
      method: incoming.method!,
      path: match.path,
      params: match.params,
      headers: incoming.headers,
      body: body.value,
      connection: connections.get(incoming.socket)!,
      signal: gone.signal,
    })
  }

  const server = createServer(
    { requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveMs, maxHeaderSize: maxHeaderBytes },
    (incoming, response) => {
      answer(incoming, response)
        .catch((error: unknown) => {
          const { status, body } = toError(error)
          if (status === 500) log.error('request failed', { path: incoming.url, reason: describeError(error) })
          return { status, body }
        })
        .then((reply) => send(response, reply))
        .catch((error: unknown) => log.warn('answer not sent', { reason: describeError(error) }))
    },
  )

  return {
    serve(socket) {
      const onClose: (() => void)[] = []
      connections.set(socket, {
        peer: peerOf(socket),
        onClose(run) {
          if (socket.destroyed) run()
          else onClose.push(run)
        },
      })
      socket.on('close', () => {
        for (const run of onClose) run()
      })
      server.emit('connection', socket)
    },
    async close() {
      server.closeAllConnections()
    },
  }
}

/** A page in a browser cannot reach a Unix socket; what forwards its requests here still sends what marks them. */
function isFromBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
}

function refusalOf(match: Exclude<Match, { type: 'route' }>, response: ServerResponse): ApiReply {
  switch (match.type) {
    case 'unknown':
      return refusal(404, 'PATH_UNKNOWN', 'the local API has no such path')
    case 'wrong-method':
      response.setHeader('Allow', match.allowed.join(', '))
      return refusal(405, 'METHOD_NOT_ALLOWED', `only ${match.allowed.join(', ')} here`)
    case 'bad-path':
      return refusal(400, 'PATH_INVALID', 'the path is not percent-encoded UTF-8')
  }
}

const refusal = (status: number, code: string, message: string): ApiReply => {
  const body: ApiErrorBody = { error: { code, message } }
  return { status, body }
}

type Body = { type: 'json'; value: unknown } | { type: 'refused'; reply: ApiReply }

async function readBody(incoming: IncomingMessage, response: ServerResponse): Promise<Body> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) {
      // The rest of it is not worth reading.
      response.setHeader('Connection', 'close')
      return { type: 'refused', reply: refusal(413, 'BODY_TOO_LARGE', `a body has at most ${maxBodyBytes} bytes`) }
    }
    chunks.push(chunk)
  }
  if (bytes === 0) return { type: 'json', value: undefined }
  try {
    return { type: 'json', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  } catch {
    // No cause: a parser's message quotes the body, which may hold a secret.
    return { type: 'refused', reply: refusal(400, 'BODY_INVALID', 'the body is not JSON') }
  }
}

/** With a length, never in chunks: the short helper reads no more of HTTP than that. */
function send(response: ServerResponse, { status, body }: ApiReply): void {
  if (body === undefined) {
    response.writeHead(status).end()
    return
  }
  const text = `${JSON.stringify(body)}\n`
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  }
  response.writeHead(status, headers).end(text)
}
