import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { displayJson } from '../../core/text/display-text.ts'
import type { ApiReply } from './api-route.ts'

/** What follows the status: sent whole, never in chunks. */
export interface ReplyContent {
  headers: Readonly<Record<string, string | number>>
  text: string
}

/** A kind of reply: how its body is written. */
export type EncodeReply = (reply: ApiReply) => ReplyContent

/** A JSON body with its length: the helper's small client reads no other form. */
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

/** Sends a reply to a request that may not have been read to its end. */
export function sendReply(
  incoming: IncomingMessage,
  response: ServerResponse,
  status: number,
  { headers, text }: ReplyContent,
): void {
  if (response.headersSent || response.destroyed) return
  // The rest of an unwanted body must not be read as the next request.
  const connection = incoming.complete ? {} : { Connection: 'close' }
  response.writeHead(status, { ...headers, ...connection }).end(text)
}

/** Sends the last reply on a connection. Resolves once it has been handed to the system, or cannot be. */
export function sendLast(response: ServerResponse, status: number, { headers, text }: ReplyContent): Promise<void> {
  return new Promise((resolve) => {
    // A caller that has not even read what it was sent before is not waited for.
    if (response.headersSent || response.destroyed || (response.socket?.writableLength ?? 1) > 0) return resolve()
    response.on('close', resolve).on('finish', resolve)
    response.writeHead(status, { ...headers, Connection: 'close' }).end(text)
  })
}

/** The bytes of a last reply when there is no request to answer. */
export function rawReply(status: number, { headers, text }: ReplyContent): string {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
