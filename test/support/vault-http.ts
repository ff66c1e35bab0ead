import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as it came in. */
export interface ReceivedRequest {
  method: string
  /** With its query, as it was encoded. */
  path: string
  headers: IncomingHttpHeaders
  /** The JSON of the body, or its text; undefined when it was empty. */
  body: unknown
}

/** What the server does with one request. */
export type ScriptedAnswer =
  | { status?: number; json?: unknown; raw?: string | Buffer; headers?: Readonly<Record<string, string>> }
  /** Never answers. */
  | 'hang'
  /** Closes the connection without an answer. */
  | 'drop'
  /** Begins an answer and closes the connection. */
  | 'break'

/** An answer, or how it comes about from the request. */
export type Script = ScriptedAnswer | ((request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

/** A real server on the loopback that answers as a test tells it. */
export interface ScriptedVault {
  address: string
  /** All requests, in order. */
  requests: ReceivedRequest[]
  /** `METHOD path` of each request, without `/v1/`. */
  calls(): string[]
  /** How often its state was asked for (`sys/seal-status`), which is in neither of those. It is unsealed where no script says other. */
  stateLooks(): number
  /** How many connections were opened. */
  connections(): number
  /** How many of them are open. */
  openConnections(): number
  /** Sets the answers of a route such as `POST ssh/sign/ops`, one a request; the last one goes on. */
  on(route: string, ...answers: readonly Script[]): void
}

/** Plain HTTP on a free port where nothing else is said. */
export interface ScriptedVaultOptions {
  /** Makes it an https server. */
  tls?: ServerOptions
  /** Makes it listen on a Unix socket. */
  socketPath?: string
}

const unsealed = { json: { type: 'shamir', initialized: true, sealed: false } }

/** Starts a server that is closed when the running test ends. What is not scripted is answered 404. */
export async function scriptedVault({ tls, socketPath }: ScriptedVaultOptions = {}): Promise<ScriptedVault> {
  const scripts = new Map<string, Script[]>()
  const requests: ReceivedRequest[] = []
  let connections = 0
  let stateLooks = 0
  let openConnections = 0

  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await receive(incoming)
    const isStateLook = request.path === '/v1/sys/seal-status'
    if (isStateLook) stateLooks += 1
    else requests.push(request)
    const route = `${request.method} ${request.path.replace(/^\/v1\//, '')}`
    const script = scripts.get(route) ?? []
    const next = script.length > 1 ? script.shift()! : script[0]
    const answer = typeof next === 'function' ? await next(request) : next
    reply(
      answer ??
        (isStateLook ? unsealed : undefined) ?? {
          status: 404,
          json: { errors: [`no handler for route "${route}". route entry not found.`] },
        },
      response,
    )
  }
  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    // A client that goes away while it sends is no concern of this server.
    handle(incoming, response).catch(() => response.destroy())
  }
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener)
  server.on('connection', (socket) => {
    connections += 1
    openConnections += 1
    socket.once('close', () => {
      openConnections -= 1
    })
  })
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const port = socketPath === undefined ? (server.address() as AddressInfo).port : 0
  return {
    address:
      socketPath === undefined ? `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` : `unix://${socketPath}`,
    requests,
    calls: () => requests.map(({ method, path }) => `${method} ${path.replace(/^\/v1\//, '')}`),
    stateLooks: () => stateLooks,
    connections: () => connections,
    openConnections: () => openConnections,
    on: (route, ...answers) => scripts.set(route, [...answers]),
  }
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return {
    method: incoming.method!,
    path: incoming.url!,
    headers: incoming.headers,
    body: text === '' ? undefined : parse(text),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function reply(answer: ScriptedAnswer, response: ServerResponse): void {
  // The real date would be a skew to every fake clock.
  response.sendDate = false
  switch (answer) {
    case 'hang':
      return
    case 'drop':
      response.destroy()
      return
    case 'break':
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' })
      response.write('{"data":', () => response.destroy())
      return
    default: {
      const { status = 200, json, raw, headers = {} } = answer
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
      response.end(raw ?? (json === undefined ? undefined : JSON.stringify(json)))
    }
  }
}
