import { IpcError } from '../ipc-error.ts'

/** An answer from the local API. */
export interface ApiAnswer {
  status: number
  /** The parsed JSON; undefined if there is none, as with 204. */
  body: unknown
}

const maxHeadBytes = 8 * 1024
/** 2 KiB for each of the 2000 profiles that lists may make: a list of them is the longest answer. It stops an endless one. */
const maxAnswerBytes = 4 * 1024 * 1024

/**
 * Reads the one reply in `bytes`, strictly: HTTP/1.1, a Content-Length, JSON (RFC 9112 §4, §6.3). It only ever reads the
 * daemon's own answers, so anything else in HTTP is an error.
 * @returns undefined while the reply is incomplete
 * @throws {IpcError} REPLY_UNREADABLE; the connection is then unusable
 */
export function parseHttpReply(bytes: Buffer): ApiAnswer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) {
    if (bytes.length > maxHeadBytes) throw badReply('its header does not end')
    return undefined
  }
  const [statusLine = '', ...headers] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/.exec(statusLine)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) throw badReply('it does not start like HTTP')
  const length = contentLength(headers, status)
  const body = bytes.subarray(headEnd + 4)
  if (body.length < length) return undefined
  if (body.length > length) throw badReply('it continues after its end')
  return { status, body: length === 0 ? undefined : parseJson(body.toString('utf8')) }
}

function contentLength(headers: readonly string[], status: number): number {
  const values = headers.flatMap((header) => {
    const [name = '', ...value] = header.split(':')
    if (name.toLowerCase() === 'transfer-encoding') throw badReply('it has no length')
    return name.toLowerCase() === 'content-length' ? [value.join(':').trim()] : []
  })
  if (status === 204 && values.length === 0) return 0
  if (values.length !== 1 || !/^\d{1,16}$/.test(values[0]!)) throw badReply('it has no length')
  const length = Number(values[0])
  if (length > maxAnswerBytes) {
    const limit = `${maxAnswerBytes / 1024 / 1024} MiB`
    throw new IpcError('REPLY_UNREADABLE', `the daemon's answer cannot be read: it is longer than ${limit}`, {
      hint: 'have fewer profiles: latchkey config check names the file that they are in',
    })
  }
  return length
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which may be a secret.
    throw badReply('it is not JSON')
  }
}

function badReply(reason: string): IpcError {
  return new IpcError('REPLY_UNREADABLE', `the daemon's answer cannot be read: ${reason}`, {
    hint: 'latchkey and its daemon may differ in version: restart the daemon',
  })
}
