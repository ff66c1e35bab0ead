import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHttpReply } from '../../src/ipc/client/http-reply.ts'
import { IpcError } from '../../src/ipc/ipc-error.ts'
import { startApiServer } from '../support/api-server.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { fuzzed } from '../support/fuzzing.ts'

const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE', 'get', '')
const target = fc.oneof(
  fc.constantFrom('/v1/status', '/v1/keys/a', '/v1/fail', '*', '/v1/keys/%ff', '/v1/keys/..%2f', 'http://x/v1/status'),
  fc.webUrl({ withQueryParameters: true }),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
)
const header = fc.oneof(
  fc.constantFrom('Host: localhost', 'Connection: close', 'Expect: 100-continue', 'Transfer-Encoding: chunked'),
  fc.constantFrom('Content-Type: application/json', 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'),
  fc.nat(70_000).map((length) => `Content-Length: ${length}`),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
)
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('', '{', '4\r\n{}\r\n\r\n0\r\n\r\n'),
)
const request = fc
  .record({
    method,
    target,
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2', ''),
    headers: fc.array(header, { maxLength: 5 }),
    body,
  })
  .map(
    ({ method, target, version, headers, body }) =>
      `${method} ${target} ${version}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
  )

/** Sends all of it and reads to the end, which may be when the time for the rest of a request is over. */
async function sendAll(path: string, bytes: string, clock: FakeClock): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.on('error', () => {})
  socket.end(bytes)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  while (!socket.readableEnded && !socket.destroyed) {
    clock.advance(1000)
    await turn()
  }
  socket.destroy()
  return Buffer.concat(chunks).toString('latin1')
}

describe('the local API', () => {
  it('answers in HTTP what is no request of it, and never with a fault of its own', async () => {
    const { path, lines, clock } = await startApiServer()
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        const answer = await sendAll(path, requests.join(''), clock)
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 (1|2|4)\d\d /)
        expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
      }),
      fuzzed(50, 150),
    )
  })
})

const status = fc.oneof(fc.constantFrom(200, 204, 401, 503), fc.nat(999))
const replyBytes = fc
  .record({
    status,
    headers: fc.array(header, { maxLength: 3 }),
    body: fc.oneof(fc.json(), fc.string({ unit: 'binary', maxLength: 100 })),
    wrong: fc.option(fc.integer({ min: -3, max: 3 }), { nil: 0 }),
  })
  .map(({ status, headers, body, wrong }) => {
    const length = Math.max(0, Buffer.byteLength(body) + wrong)
    const head = [`HTTP/1.1 ${status} x`, ...headers, `content-length: ${length}`].join('\r\n')
    return Buffer.from(`${head}\r\n\r\n${body}`)
  })

describe('what answers in the place of the daemon', () => {
  it('is read, waited for or refused with an error of ours that quotes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(replyBytes, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          const reply = parseHttpReply(Buffer.from(bytes))
          if (reply !== undefined) expect(reply.status).toBeGreaterThanOrEqual(200)
        } catch (error) {
          expect(error).toBeInstanceOf(IpcError)
          expect((error as Error).message).toMatch(/^the daemon's answer cannot be read: [a-z ]+(HTTP|JSON)?$/)
        }
      }),
      fuzzed(51, 1000),
    )
  })
})
