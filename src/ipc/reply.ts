import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { displayJson } from '../core/display-text.ts'
import type { ApiReply } from './api-route.ts'

/** A body of JSON with its length, never in chunks: the short helper reads no more of HTTP than that. */
function encode({ status, body, headers }: ApiReply): { headers: Record<string, string | number>; text: string } {
  // A 204 has no length (RFC 9110 §8.6).
  if (status === 204) return { headers: { ...headers }, text: '' }
  const text = body === undefined ? '' : `${displayJson(body)}\n`
  const content = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  }
  return { headers: { ...content, ...headers }, text }
}

export function sendReply(incoming: IncomingMessage, response: ServerResponse, reply: ApiReply): void {
  if (response.headersSent || response.destroyed) return
  const { headers, text } = encode(reply)
  // What is left of a body that is not wanted must not be read as the next request.
  const connection = incoming.complete ? {} : { Connection: 'close' }
  response.writeHead(reply.status, { ...headers, ...connection }).end(text)
}

/** Sends the last reply on a connection. Resolves once it has been handed over, or cannot be. */
export function sendLast(response: ServerResponse, reply: ApiReply): Promise<void> {
  return new Promise((resolve) => {
    // A caller that does not even read what it was sent before will not be waited for.
    if (response.headersSent || response.destroyed || (response.socket?.writableLength ?? 1) > 0) return resolve()
    const { headers, text } = encode(reply)
    response.on('close', resolve).on('finish', resolve)
    response.writeHead(reply.status, { ...headers, Connection: 'close' }).end(text)
  })
}

/** The bytes of a last reply where there is no request to answer. */
export function rawReply(reply: ApiReply): string {
  const { headers, text } = encode(reply)
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
