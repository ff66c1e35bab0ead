import type { IncomingMessage } from 'node:http'
import { maxBodyBytes } from './protocol.ts'

/** What a request carries. */
export type RequestBody =
  /** Undefined where there is none. */
  { type: 'json'; value: unknown } | { type: 'too-large' } | { type: 'not-json' }

/**
 * Reads a body of at most 64 KiB; a longer one is not read to its end.
 * @param onBytes told how many bytes there are, whenever there are more
 * @throws the stream's error when the caller goes away meanwhile
 */
export async function readRequestBody(
  incoming: IncomingMessage,
  onBytes: (bytes: number) => void,
): Promise<RequestBody> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) return { type: 'too-large' }
  const chunks: Buffer[] = []
  let bytes = 0
  // Not destroyed when left early: the answer goes over the same socket.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return { type: 'too-large' }
    chunks.push(chunk)
    onBytes(bytes)
  }
  if (bytes === 0) return { type: 'json', value: undefined }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return { type: 'json', value: JSON.parse(text) }
  } catch {
    // Without a cause: a parser's message quotes the body, which may hold a secret.
    return { type: 'not-json' }
  }
}
