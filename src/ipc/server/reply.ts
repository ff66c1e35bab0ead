import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { displayJson } from '../../core/text/display-text.ts'
import type { ApiReply } from './api-route.ts'

/** What follows the status: whole, never in chunks. */
export interface ReplyContent {
  headers: Readonly<Record<string, string | number>>
  text: string
}

/** A kind of reply: how its body is written. */
export type EncodeReply = (reply: ApiReply) => ReplyContent

/** A body of JSON with its length: the short helper reads no more of HTTP than that. */
export const encodeJson: EncodeReply = ({ status, body, headers }) => {
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

/** Sends a reply to a request of which something may not have been read. */
export function sendReply(
  incoming: IncomingMessage,
  response: ServerResponse,
  status: number,
  { headers, text }: ReplyContent,
): void {
  if (response.headersSent || response.destroyed) return
  // What is left of a body that is not wanted must not be read as the next request.
  const connection = incoming.complete ? {} : { Connection: 'close' }
  response.writeHead(status, { ...headers, ...connection }).end(text)
}

/** Sends the last reply on a connection. Resolves once it has been handed over, or cannot be. */
export function sendLast(response: ServerResponse, status: number, { headers, text }: ReplyContent): Promise<void> {
  return new Promise((resolve) => {
    // A caller that does not even read what it was sent before will not be waited for.
    if (response.headersSent || response.destroyed || (response.socket?.writableLength ?? 1) > 0) return resolve()
    response.on('close', resolve).on('finish', resolve)
    response.writeHead(status, { ...headers, Connection: 'close' }).end(text)
  })
}

/** The bytes of a last reply where there is no request to answer. */
export function rawReply(status: number, { headers, text }: ReplyContent): string {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
