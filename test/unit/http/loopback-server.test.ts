import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { type LoopbackServerOptions, startLoopbackServer } from '../../../src/http/loopback-server.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/vault-world.ts'

const echo: LoopbackServerOptions['serve'] = async ({ method, url }, response, body) => {
  response.end(`${method} ${url} ${body.toString()}`)
}

async function start(serve = echo, host?: string) {
  const clock = fakeClock()
  const server = await startLoopbackServer({ port: 0, clock, patienceMs: 30_000, maxBodyBytes: 10, host, serve })
  onTestFinished(server.close)
  const { port } = server
  const raw = (bytes: string): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}).write(bytes)
    onTestFinished(() => void socket.destroy())
    return socket
  }
  const call = async (
    options: { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent } = {},
  ) => {
    const { method = 'GET', headers = {}, body, agent = new Agent() } = options
    const outgoing = request({ host: '127.0.0.1', port, path: '/a?b', method, headers, agent })
    outgoing.end(body)
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    return { status: incoming.statusCode, body: await text(incoming) }
  }
  return { clock, port, raw, call, close: server.close }
}

it('passes on requests with their bodies', async () => {
  const { call } = await start()
  expect(await call()).toEqual({ status: 200, body: 'GET /a?b ' })
  expect(await call({ method: 'POST', body: '0123456789' })).toEqual({ status: 200, body: 'POST /a?b 0123456789' })
})

it.each(['evil.example', 'evil.example:80', 'localhost:1'])('refuses what was meant for %s', async (host) => {
  const { call } = await start()
  expect(await call({ headers: { host } })).toEqual({ status: 421, body: '' })
})

it('serves localhost by its names', async () => {
  const { call, port } = await start()
  expect(await call({ headers: { host: `localhost:${port}` } })).toMatchObject({ status: 200 })
})

it('serves one more name, at its port and no other', async () => {
  const { call } = await start(echo, 'dev.example:9001')
  const status = async (host: string) => (await call({ headers: { host } })).status
  expect(await status('Dev.Example:9001')).toBe(200)
  for (const host of ['dev.example', 'dev.example:9002', 'evil.example:9001']) expect(await status(host)).toBe(421)
})

it('refuses longer bodies, announced or not, and reads no more of them', async () => {
  const { call, raw, port } = await start()
  expect(await call({ method: 'POST', body: '0123456789+' })).toMatchObject({ status: 413 })
  const head = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n`
  expect(await text(raw(`${head}b\r\n0123456789+\r\n`))).toMatch(/^HTTP\/1\.1 413 /)
})

it('refuses more headers than anybody sends', async () => {
  const { raw, port } = await start()
  const head = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  expect(await text(raw(`${head}${'x: y\r\n'.repeat(64)}\r\n`))).toMatch(/^HTTP\/1\.1 431 /)
  expect(await text(raw(`${head}x: ${'y'.repeat(20_000)}\r\n\r\n`))).toMatch(/^HTTP\/1\.1 431 /)
})

it.each([
  ['nothing', ''],
  ['a part of a head', 'GET / HT'],
])('ends a connection that has sent %s for too long', async (_, bytes) => {
  const { raw, clock } = await start()
  const socket = raw(bytes)
  const closed = new Promise((resolve) => socket.resume().on('close', resolve))
  await once(socket, 'connect')
  await until(() => clock.pendingTimers() > 0)
  clock.advance(30_000)
  await closed
})

it('gives each request of a connection its own time limit, and an answer as long as it takes', async () => {
  let finish = () => {}
  const { call, clock } = await start(async (_incoming, response) => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    response.end('late')
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  for (let round = 0; round < 2; round += 1) {
    finish = () => {}
    const idle = finish
    const answer = call({ agent })
    await until(() => finish !== idle)
    clock.advance(3_600_000)
    finish()
    expect(await answer).toEqual({ status: 200, body: 'late' })
    clock.advance(29_000)
  }
})

it('ends the connection of a request that cannot be served', async () => {
  const { call } = await start(async () => {
    throw new Error('odd')
  })
  await expect(call()).rejects.toThrow('socket hang up')
})

it('holds no more connections than a browser opens, and lets nobody keep others out with idle ones', async () => {
  const { raw, call } = await start()
  const held = Array.from({ length: 64 }, () => raw(''))
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  expect(await call()).toMatchObject({ status: 200 })
  await until(() => held.some((socket) => socket.closed))
  expect(held.filter((socket) => socket.closed)).toHaveLength(1)
  // Neither do heads that have begun, nor connections that have been answered.
  for (const bytes of ['GET / HT', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`])
    for (let at = 0; at < 64; at += 1) await once(raw(bytes), 'connect')
  expect(await call()).toMatchObject({ status: 200 })
})

it('ends no connection that is being answered while others wait for nothing', async () => {
  const { call, raw } = await start(async ({ method }, response) => {
    await until(() => crowd.length === 70 && crowd.slice(0, 7).every((socket) => socket.closed))
    response.end(method)
  })
  const crowd: Socket[] = []
  const answer = call({ method: 'POST' })
  for (let at = 0; at < 70; at += 1) {
    crowd.push(raw(''))
    await once(crowd.at(-1)!, 'connect')
  }
  expect(await answer).toEqual({ status: 200, body: 'POST' })
})
