import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { CodedError } from '../../src/core/errors.ts'
import { createAdmission } from '../../src/core/limits/admission.ts'
import { createLogger } from '../../src/core/log.ts'
import type { ApiRequest, ApiRoute } from '../../src/ipc/server/api-route.ts'
import { apiGuards, type Guard } from '../../src/ipc/server/refusals.ts'
import { type EncodeReply, encodeJson } from '../../src/ipc/server/reply.ts'
import { createApiServer } from '../../src/ipc/server/server.ts'
import type { PeerCredentials } from '../../src/ipc/sockets/peer-credentials.ts'
import { listenUnix } from '../../src/ipc/sockets/unix-listener.ts'
import { noChurn } from './churn.ts'
import { fakeClock } from './fake-clock.ts'
import { temporaryFolder } from './temporary-folder.ts'

const routes: readonly ApiRoute[] = [
  { method: 'GET', pattern: '/v1/status', handle: async () => ({ status: 200, body: { version: 'é' } }) },
  {
    method: 'PUT',
    pattern: '/v1/keys/{source}',
    takesBody: true,
    handle: async ({ params, body }) => ({ status: 200, body: { params, body } }),
  },
  { method: 'DELETE', pattern: '/v1/keys/{source}', handle: async () => ({ status: 204 }) },
  {
    method: 'POST',
    pattern: '/v1/fail',
    takesBody: true,
    async handle({ body }) {
      throw body === 'coded' ? new CodedError('KEY_UNKNOWN', 'no such key', { hint: 'add it' }) : new Error('hunter2')
    },
  },
]

export interface ApiServerOptions {
  routes?: readonly ApiRoute[]
  guards?: readonly Guard[]
  encode?: EncodeReply
  maxConnections?: number
  peer?: PeerCredentials
  toError?: Parameters<typeof createApiServer>[0]['toError']
}

/** A server on a socket of its own, in time that the test moves. */
export async function startApiServer(options: ApiServerOptions = {}) {
  const path = join(temporaryFolder(), 'api.sock')
  const lines: string[] = []
  const clock = fakeClock()
  const server = createApiServer({
    routes: options.routes ?? routes,
    guards: options.guards ?? apiGuards,
    encode: options.encode ?? encodeJson,
    clock,
    churn: noChurn,
    log: createLogger({ write: (line) => lines.push(line), level: 'debug' }),
    toError:
      options.toError ??
      ((error) =>
        error instanceof CodedError
          ? { status: 404, body: { error: { code: error.code, message: error.message, hint: error.hint ?? '' } } }
          : { status: 500, body: { error: { code: 'INTERNAL', message: 'something went wrong' } } }),
  })
  const admission = createAdmission({ maxSeats: () => options.maxConnections ?? 100, onEvict: () => {} })
  // The connections, in the order in which they came.
  const accepted: Socket[] = []
  const onStream = (socket: Socket) => {
    accepted.push(socket)
    const seat = admission.admit({ holder: options.peer?.pid, close: () => server.evict(socket) })
    socket.on('close', seat.leave)
    server.serve(socket, seat, options.peer)
  }
  const listener = await listenUnix(path, onStream, { clock })
  onTestFinished(async () => {
    await listener.close()
    await server.close()
  })
  return { path, server, lines, clock, accepted }
}

/** What came back. */
export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** One call by Node's own HTTP client. */
export function call(
  path: string,
  target: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent } = {},
) {
  const { method = 'GET', headers = {}, body, agent = new Agent() } = options
  return new Promise<HttpAnswer>((resolve, reject) => {
    const request = httpRequest({ socketPath: path, path: target, method, headers, agent })
    request.on('error', reject).on('response', (response) => {
      text(response).then(
        (read) => resolve({ status: response.statusCode!, headers: response.headers, body: read }),
        reject,
      )
    })
    request.end(body)
  })
}

/** Sends bytes and reads to the end of the connection. */
export function sendRaw(path: string, bytes: string): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.write(bytes)
  return text(socket)
}

/** A route whose requests wait until the test answers them. */
export function waitingRoute() {
  const arrived: { request: ApiRequest; answer: (body: unknown) => void }[] = []
  let wake = () => {}
  const route: ApiRoute = {
    method: 'GET',
    pattern: '/v1/wait',
    handle: (request) =>
      new Promise((resolve) => {
        arrived.push({ request, answer: (body) => resolve({ status: 200, body }) })
        wake()
      }),
  }
  const next = async (count = 1) => {
    while (arrived.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return arrived[count - 1]!
  }
  return { route, next }
}
