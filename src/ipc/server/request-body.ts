import type { IncomingMessage } from 'node:http'
import { readBody } from '../../http/read-body.ts'
import { maxBodyBytes } from '../protocol.ts'

/** The body of a request. */
export type RequestBody =
  /** Undefined if there is none. */
  { type: 'json'; value: unknown } | { type: 'too-large' } | { type: 'not-json' }

/**
 * Reads a body of at most 1 MiB; a longer one is not read to its end.
 * @param onBytes called with the number of bytes so far, after each chunk
 * @throws the stream's error when the caller goes away in the meantime
 */
export async function readRequestBody(
  incoming: IncomingMessage,
  onBytes: (bytes: number) => void,
): Promise<RequestBody> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) return { type: 'too-large' }
  // The socket is not destroyed when reading stops early: the answer goes over it.
  const body = await readBody(incoming.iterator({ destroyOnReturn: false }), maxBodyBytes, onBytes)
  if (body === undefined) return { type: 'too-large' }
  if (body.length === 0) return { type: 'json', value: undefined }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return { type: 'json', value: JSON.parse(text, refuseHalfCharacters) }
  } catch {
    // Without a cause: a parser's message quotes the body, which may hold a secret.
    return { type: 'not-json' }
  }
}

/**
 * JSON can write half of a surrogate pair. In UTF-8 each becomes the same character, so that one passphrase or password would
 * pass for another.
 */
function refuseHalfCharacters(name: string, value: unknown): unknown {
  if (/\p{Cs}/u.test(name) || (typeof value === 'string' && /\p{Cs}/u.test(value))) throw new Error('half a character')
  return value
}
