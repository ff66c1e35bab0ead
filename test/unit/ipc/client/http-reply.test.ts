import { describe, expect, it } from 'vitest'
import { parseHttpReply } from '../../../../src/ipc/client/http-reply.ts'
import { IpcError } from '../../../../src/ipc/ipc-error.ts'

const parse = (text: string) => parseHttpReply(Buffer.from(text))
const json = '{"a":"ü"}'
const whole = `HTTP/1.1 200 OK\r\nDate: now\r\nCONTENT-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`

describe('a reply', () => {
  it('is read once it is whole, and not before', () => {
    const bytes = Buffer.from(whole)
    for (let length = 0; length < bytes.length; length++) {
      expect(parseHttpReply(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined()
    }
    expect(parseHttpReply(bytes)).toEqual({ status: 200, body: { a: 'ü' } })
  })

  it('may have no body', () => {
    expect(parse('HTTP/1.1 204 No Content\r\n\r\n')).toEqual({ status: 204, body: undefined })
    expect(parse('HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n')).toEqual({ status: 404, body: undefined })
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n'],
    ['another version', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['an interim status', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a length that does not count', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['a body that is not JSON', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret'],
    ['a head without an end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(2000)}`],
  ])('with %s is refused, without a word of it in the error', (_what, text) => {
    const error = catchError(() => parse(text))
    expect(error).toBeInstanceOf(IpcError)
    expect(error).toMatchObject({ code: 'REPLY_UNREADABLE', hint: expect.stringContaining('restart the daemon') })
    expect(String(error)).not.toContain('secret')
  })

  it('over the cap is refused before it is received, and not as one of another version', () => {
    const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`
    expect(parse(head(4 * 1024 * 1024))).toBeUndefined()
    expect(catchError(() => parse(head(4 * 1024 * 1024 + 1)))).toMatchObject({
      code: 'REPLY_UNREADABLE',
      message: "the daemon's answer cannot be read: it is longer than 4 MiB",
      hint: expect.stringContaining('have fewer profiles'),
    })
    expect(catchError(() => parse(head(Number.MAX_SAFE_INTEGER)))).toMatchObject({ code: 'REPLY_UNREADABLE' })
  })

  it.each([
    ['that JSON would not mind', `${whole} `],
    ['of another reply', whole + whole],
    ['after a reply without a body', 'HTTP/1.1 204 No Content\r\n\r\n{}'],
    ['after a length of zero', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx'],
  ])('with bytes after its end %s is refused because of them', (_what, text) => {
    expect(catchError(() => parse(text))).toMatchObject({
      code: 'REPLY_UNREADABLE',
      message: expect.stringContaining('it continues after its end'),
    })
  })

  it('of random bytes is incomplete or refused, never a crash', () => {
    let seed = 1
    const random = () => {
      seed = (seed * 48271) % 2147483647
      return seed & 0xff
    }
    for (let round = 0; round < 500; round++) {
      const tail = Buffer.from(Array.from({ length: 40 }, random))
      const error = catchError(() => parseHttpReply(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n'), tail])))
      expect(error === undefined || error instanceof IpcError).toBe(true)
    }
  })
})

function catchError(run: () => unknown): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}
