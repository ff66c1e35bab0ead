import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

export interface ScriptedRequest {
  method: string
  path: string
  /** Header `latchkey-prompt`. */
  mode: string | undefined
  /** Whether curl has sent it, for the fast path in the shell. */
  byCurl: boolean
  body: unknown
  /** Counted from 1: which connection it came on. */
  connection: number
}

export interface ScriptedReply {
  status: number
  body?: unknown
  /** Sent in the place of a JSON body. */
  raw?: string
  /** Ends the connection before the reply is whole. */
  isCut?: true
}

export interface ScriptedApi {
  /** For LATCHKEY_RUNTIME_DIR. */
  folder: string
  requests: ScriptedRequest[]
  /** Resolves when the connection with this number has closed. */
  closed(connection: number): Promise<void>
}

/** What `credential_process` answers. */
export const credentials = {
  Version: 1,
  AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  SessionToken:
    'AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT+FvwqnKwRcOIfrRh3c/LTo6UDdyJwOOvEVPvLXCrrrUtdnniCEXAMPLE',
  Expiration: '2026-01-02T03:04:05Z',
} as const

/** A daemon's API that answers as it is told, until the test ends. Undefined: no answer at all. */
export async function scriptedApi(
  reply: (request: ScriptedRequest, count: number) => ScriptedReply | undefined,
): Promise<ScriptedApi> {
  const folder = temporaryFolder()
  const requests: ScriptedRequest[] = []
  const connections = new Map<unknown, number>()
  const closures: Promise<unknown>[] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await read(incoming, connections.get(incoming.socket)!)
    const answered = reply(request, requests.push(request))
    if (answered === undefined) return
    const content = answered.raw ?? (answered.body === undefined ? '' : `${JSON.stringify(answered.body)}\n`)
    response.writeHead(answered.status, answered.status === 204 ? {} : { 'content-length': Buffer.byteLength(content) })
    if (answered.isCut) response.write(content.slice(0, -10), () => response.destroy())
    else response.end(content)
  }
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => void answer(incoming, response))
  server.on('connection', (socket) => {
    connections.set(socket, connections.size + 1)
    closures.push(once(socket, 'close'))
  })
  server.listen(join(folder, 'api.sock'))
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    folder,
    requests,
    closed: async (connection) => {
      await closures[connection - 1]
    },
  }
}

async function read(incoming: IncomingMessage, connection: number): Promise<ScriptedRequest> {
  const content = await text(incoming)
  const mode = incoming.headers['latchkey-prompt']
  return {
    method: incoming.method!,
    path: incoming.url!,
    mode: typeof mode === 'string' ? mode : undefined,
    byCurl: incoming.headers['user-agent']?.startsWith('curl/') ?? false,
    body: content === '' ? undefined : JSON.parse(content),
    connection,
  }
}
