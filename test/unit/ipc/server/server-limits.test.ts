import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ApiRoute } from '../../../../src/ipc/server/api-route.ts'
import { call, sendRaw, startApiServer, waitingRoute } from '../../../support/api-server.ts'
import { until } from '../../../support/vault-world.ts'

const getStatus = 'GET /v1/status HTTP/1.1\r\nHost: d\r\n\r\n'
const bodyHead = 'PUT /v1/keys/a HTTP/1.1\r\nHost: d\r\nContent-Length: 10\r\n\r\n'

/** A client of our own that is closed with the test, and reads whatever comes. */
function open(path: string): Socket {
  const socket = connect({ path, allowHalfOpen: true })
  socket.on('error', () => {}).resume()
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Waits until the server has read so many bytes of its connection. */
const hasRead = (accepted: readonly Socket[], index: number, bytes: number) =>
  until(() => (accepted[index]?.bytesRead ?? 0) >= bytes)

describe('the time to send a request', () => {
  it.each([
    ['nothing', ''],
    ['a part of a head', 'GET /v1/sta'],
    ['a part of a body', `${bodyHead}{`],
  ])('runs out for a connection that has sent %s', async (_, bytes) => {
    const { path, clock, accepted } = await startApiServer()
    open(path).write(bytes)
    await until(() => accepted.length === 1)
    await hasRead(accepted, 0, bytes.length)
    clock.advance(9_999)
    expect(accepted[0]!.destroyed).toBe(false)
    clock.advance(1)
    expect(accepted[0]!.destroyed).toBe(true)
  })

  it.each([
    ['its head', 'GET /v1/status HTTP/1.1\r\nX-Long: '],
    ['its body', bodyHead],
  ])('runs out for one that drips %s, however recent the last byte is', async (_, start) => {
    const { path, clock, accepted } = await startApiServer()
    const socket = open(path)
    socket.write(start)
    await hasRead(accepted, 0, start.length)
    for (let drop = 1; drop <= 9; drop += 1) {
      clock.advance(1_000)
      socket.write(' ')
      await hasRead(accepted, 0, start.length + drop)
    }
    expect(accepted[0]!.destroyed).toBe(false)
    clock.advance(1_000)
    expect(accepted[0]!.destroyed).toBe(true)
  })

  it('runs from the first byte of each request, not while a person types between two', async () => {
    const { path, clock, accepted } = await startApiServer()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    expect((await call(path, '/v1/status', { agent })).status).toBe(200)
    clock.advance(9 * 60_000)
    expect((await call(path, '/v1/status', { agent })).status).toBe(200)
    expect(accepted).toHaveLength(1)
  })

  it('runs out for a second request that is begun and not sent', async () => {
    const { path, clock, accepted } = await startApiServer()
    const socket = open(path)
    socket.write(getStatus)
    await once(socket, 'data')
    clock.advance(60_000)
    socket.write('G')
    await hasRead(accepted, 0, getStatus.length + 1)
    clock.advance(10_000)
    expect(accepted[0]!.destroyed).toBe(true)
  })

  it('does not run while an answer takes its time', async () => {
    const { route, next } = waitingRoute()
    const { path, clock } = await startApiServer({ routes: [route] })
    const waited = call(path, '/v1/wait')
    const { answer } = await next()
    clock.advance(3_600_000)
    answer('late')
    expect((await waited).body).toBe('"late"\n')
  })
})

describe('an answer that is not read', () => {
  it('closes its connection after a while', async () => {
    const large: ApiRoute = {
      method: 'GET',
      pattern: '/large',
      handle: async () => ({ status: 200, body: 'x'.repeat(3_000_000) }),
    }
    const { path, clock, accepted } = await startApiServer({ routes: [large] })
    const socket = open(path)
    socket.pause().write('GET /large HTTP/1.1\r\nHost: d\r\n\r\n')
    await until(() => (accepted[0]?.writableLength ?? 0) > 0)
    clock.advance(9_999)
    expect(accepted[0]!.destroyed).toBe(false)
    clock.advance(1)
    expect(accepted[0]!.destroyed).toBe(true)
  })
})

describe('the last answer to a caller that does not read it', () => {
  /** A request that waits for its answer, on a connection whose other end takes nothing any more. */
  async function stuck() {
    const { route, next } = waitingRoute()
    const world = await startApiServer({ routes: [route], maxConnections: 1 })
    open(world.path).write('GET /v1/wait HTTP/1.1\r\nHost: d\r\n\r\n')
    await next()
    const [socket] = world.accepted
    // As where the kernel's buffer is full: what is written is not taken.
    Object.assign(socket!, { _write: () => {}, _writev: () => {} })
    return { ...world, socket: socket! }
  }

  it('does not keep open the connection that had to make room', async () => {
    const { path, socket, clock, accepted } = await stuck()
    open(path)
    await until(() => accepted.length === 2)
    clock.advance(9_999)
    expect(socket.destroyed).toBe(false)
    clock.advance(1)
    expect(socket.destroyed).toBe(true)
  })

  it('does not keep the server from ending', async () => {
    const { server, clock, socket } = await stuck()
    const isClosed = server.close()
    clock.advance(10_000)
    await isClosed
    expect(socket.destroyed).toBe(true)
  })
})

describe('a request', () => {
  it.each(['GET', 'DELETE'])('by %s with a body is refused', async (method) => {
    const { path } = await startApiServer()
    const target = method === 'GET' ? '/v1/status' : '/v1/keys/a'
    const headers = { 'content-length': '2' }
    const { status, body } = await call(path, target, { method, headers, body: '{}' })
    expect({ status, code: JSON.parse(body).error.code }).toEqual({ status: 400, code: 'BODY_UNEXPECTED' })
  })

  it('has at most 64 headers', async () => {
    const { path } = await startApiServer()
    const withHeaders = (count: number) =>
      `GET /v1/status HTTP/1.1\r\nHost: d\r\nConnection: close\r\n${'x: y\r\n'.repeat(count - 2)}\r\n`
    expect(await sendRaw(path, withHeaders(64))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await sendRaw(path, withHeaders(65))).toMatch(/^HTTP\/1\.1 431 /)
    expect(await sendRaw(path, withHeaders(2000))).toMatch(/^HTTP\/1\.1 431 /)
  })
})

describe('a newcomer, when all seats are taken', () => {
  /** Fills the seats, and waits until all are. */
  async function fill(path: string, accepted: readonly Socket[], bytes: string, count: number) {
    const held = Array.from({ length: count }, () => open(path))
    for (const [index, socket] of held.entries()) {
      socket.write(bytes)
      await hasRead(accepted, index, bytes.length)
    }
    return held
  }

  it('is served in place of one that has been idle for longest', async () => {
    const { path, accepted } = await startApiServer({ maxConnections: 3 })
    const held = Array.from({ length: 3 }, () => open(path))
    for (const socket of held) {
      socket.write(getStatus)
      await once(socket, 'data')
    }
    held[0]!.write(getStatus)
    await once(held[0]!, 'data')
    expect((await call(path, '/v1/status')).status).toBe(200)
    expect(accepted.slice(0, 3).map(({ destroyed }) => destroyed)).toEqual([false, true, false])
  })

  it('is served in place of one that drips', async () => {
    const { path, accepted } = await startApiServer({ maxConnections: 3 })
    await fill(path, accepted, 'G', 3)
    expect((await call(path, '/v1/status')).status).toBe(200)
    expect(accepted.slice(0, 3).map(({ destroyed }) => destroyed)).toEqual([true, false, false])
  })

  it('is served even when all others wait for an answer: one of them is refused', async () => {
    const { route, next } = waitingRoute()
    const { path } = await startApiServer({ routes: [route], maxConnections: 2 })
    const waiting = [call(path, '/v1/wait'), call(path, '/v1/wait')]
    const first = (await next(1)).request
    await next(2)
    const newcomer = call(path, '/v1/wait')
    const answers = await Promise.race(waiting)
    expect(answers.status).toBe(503)
    expect(JSON.parse(answers.body).error.code).toBe('CONNECTIONS_EXHAUSTED')
    expect(first.signal.aborted).toBe(true)
    ;(await next(2)).answer(1)
    ;(await next(3)).answer(1)
    expect((await newcomer).status).toBe(200)
  })

  it('leaves alone the connection on which a person is being asked', async () => {
    let letGo = () => {}
    const asking: ApiRoute = {
      method: 'GET',
      pattern: '/ask',
      async handle({ connection }) {
        letGo = connection.ask()
        return { status: 401 }
      },
    }
    const idle: ApiRoute = { method: 'GET', pattern: '/v1/status', handle: async () => ({ status: 204 }) }
    const { path, accepted } = await startApiServer({ routes: [asking, idle], maxConnections: 2 })
    const person = open(path)
    person.write('GET /ask HTTP/1.1\r\nHost: d\r\n\r\n')
    await once(person, 'data')
    const comeAndStay = async (count: number) => {
      for (let newcomer = 0; newcomer < count; newcomer += 1) {
        const socket = open(path)
        socket.write(getStatus)
        await once(socket, 'data')
      }
    }
    await comeAndStay(3)
    expect(accepted[0]!.destroyed).toBe(false)
    letGo()
    // The other one has been idle for longer.
    await comeAndStay(2)
    expect(accepted[0]!.destroyed).toBe(true)
  })
})
