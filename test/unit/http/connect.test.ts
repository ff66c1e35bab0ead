import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Route } from '../../../src/http/connect.ts'
import { parseProxy } from '../../../src/http/proxy.ts'
import { serverAddress } from '../../../src/http/server-address.ts'
import type { TlsSettings } from '../../../src/http/tls.ts'
import { createHttpTransport, type HttpOutcome } from '../../../src/http/transport.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { scriptedVault } from '../../support/vault-http.ts'
import { until } from '../../support/vault-world.ts'

const pem = (name: string) => readFileSync(new URL(`../../vectors/tls/${name}.pem`, import.meta.url), 'utf8')
const ca = pem('ca')
const timeoutMs = 1_000

/** An https server with the certificate of that name. */
async function secureServer(certificate = 'server') {
  const server = await scriptedVault({ tls: { cert: pem(certificate), key: pem(`${certificate}-key`) } })
  server.on('GET x', { json: { data: {} } })
  return { ...server, port: Number(new URL(server.address).port) }
}

/** One request on a clock that stands still. */
function send(address: string, route: Route, tls: TlsSettings = { ca }, signal?: AbortSignal) {
  const clock = fakeClock()
  const transport = createHttpTransport({
    address: serverAddress(new URL(address)),
    tls,
    route,
    server: 'the server',
    maxBytes: 1_000,
    clock,
  })
  onTestFinished(transport.close)
  const head = { method: 'GET', path: '/v1/x', headers: { 'X-Secret': 'hvs.secret' }, mayReuse: true }
  const outcome = transport.exchange({ ...head, body: undefined, timeoutMs, signal })
  return { outcome, clock, again: () => transport.exchange({ ...head, body: undefined, timeoutMs, signal: undefined }) }
}
const through = (proxy: string, rest: Route = {}): Route => ({ ...rest, proxy: parseProxy(proxy, 'HTTPS_PROXY') })
const statusOf = (outcome: HttpOutcome) => (outcome.type === 'answer' ? outcome.answer.status : outcome.error)

/** A server that does with each connection what a test says. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

describe('a request through a proxy', () => {
  it('goes to a host that only the proxy knows, under the name of that host, over one tunnel', async () => {
    const server = await secureServer()
    const proxy = await startConnectProxy({ hosts: { 'vault.example.test:8200': server.port } })
    const { outcome, again } = send('https://vault.example.test:8200', through(proxy.address))
    expect(statusOf(await outcome)).toBe(200)
    expect(statusOf(await again())).toBe(200)
    expect(proxy.asked).toEqual([{ authority: 'vault.example.test:8200', authorization: undefined }])
    expect(proxy.plainRequests()).toBe(0)
    expect(server.requests.map(({ headers }) => headers.host)).toEqual([
      'vault.example.test:8200',
      'vault.example.test:8200',
    ])
  })

  it('checks the certificate of the server as without one', async () => {
    const server = await secureServer('elsewhere')
    const proxy = await startConnectProxy({ hosts: { 'vault.example.test:8200': server.port } })
    const { outcome } = send('https://vault.example.test:8200', through(proxy.address))
    expect(statusOf(await outcome)).toMatchObject({ reason: 'other-name' })
    expect(server.requests).toEqual([])
  })

  it('logs in to it', async () => {
    const server = await secureServer()
    const proxy = await startConnectProxy({ login: 'jo:p@ss' })
    const address = proxy.address.replace('://', '://jo:p%40ss@')
    expect(statusOf(await send(server.address, through(address)).outcome)).toBe(200)
  })

  it('may go through one that speaks TLS, whose certificate is checked by its own CAs', async () => {
    const server = await secureServer()
    const proxy = await startConnectProxy({ tls: { cert: pem('server'), key: pem('server-key') } })
    expect(
      statusOf(
        await send(server.address, through(proxy.address, { proxyRoots: { certificates: async () => [ca] } })).outcome,
      ),
    ).toBe(200)
    expect(statusOf(await send(server.address, through(proxy.address)).outcome)).toMatchObject({
      reason: 'proxy-away',
      message: expect.stringContaining('its certificate is not trusted'),
    })
  })

  it.each([
    [{ login: 'jo:secret-word' }, 'proxy-login', 'wants a user and a password, or refuses them'],
    [{ status: 403 }, 'proxy-refused', /does not lead to 127\.0\.0\.1:\d+ \(HTTP 403\)/],
    [{ status: 502 }, 'proxy-refused', '(HTTP 502)'],
  ])('that is refused (%o) says what the proxy says, and nothing is sent', async (options, reason, words) => {
    const server = await secureServer()
    const proxy = await startConnectProxy(options)
    const outcome = await send(server.address, through(proxy.address)).outcome
    expect(outcome).toMatchObject({ type: 'failure', wasSent: false, error: { reason } })
    const { message } = statusOf(outcome) as Error
    expect(message).toMatch(words)
    expect(message).toContain(`the server cannot be reached: the proxy of HTTPS_PROXY (${proxy.address})`)
    expect(server.connections()).toBe(0)
  })

  it('says that the proxy is away, and never shows the password for it', async () => {
    const port = await rawServer((socket) => socket.destroy())
    const outcome = await send('https://vault', through(`http://jo:hunter22@127.0.0.1:${port}`)).outcome
    expect(statusOf(outcome)).toMatchObject({ reason: 'proxy-refused' })
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port: free } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    const away = await send('https://vault', through(`http://jo:hunter22@127.0.0.1:${free}`)).outcome
    expect(statusOf(away)).toMatchObject({
      reason: 'proxy-away',
      message: `the server cannot be reached: the proxy of HTTPS_PROXY (http://127.0.0.1:${free}) cannot be reached: nothing listens there`,
    })
    expect(inspect([outcome, away], { depth: 9 })).not.toContain('hunter22')
  })

  it.each([
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['bytes of a server that speaks first', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('answered with %s is refused', async (_, text) => {
    const port = await rawServer((socket) => socket.once('data', () => socket.write(text)))
    const outcome = await send('https://vault', through(`http://127.0.0.1:${port}`)).outcome
    expect(outcome).toMatchObject({ type: 'failure', wasSent: false, error: { reason: 'proxy-refused' } })
  })

  it('is given up in time when the proxy is silent, and closes its connection', async () => {
    let isClosed = false
    let isAsked = false
    const port = await rawServer((socket) => {
      socket.on('data', () => (isAsked = true)).on('close', () => (isClosed = true))
    })
    const { outcome, clock } = send('https://vault', through(`http://127.0.0.1:${port}`))
    await until(() => isAsked)
    clock.advance(timeoutMs)
    expect(await outcome).toMatchObject({ type: 'failure', wasSent: false, error: { reason: 'timeout' } })
    await until(() => isClosed)
  })
})

describe('a connection that is given up while it is made', () => {
  it('in the handshake is closed, and nothing was sent', async () => {
    let received = ''
    let isClosed = false
    const port = await rawServer((socket) => {
      socket.on('data', (bytes) => (received += String(bytes))).on('close', () => (isClosed = true))
    })
    const caller = new AbortController()
    const { outcome } = send(`https://127.0.0.1:${port}`, {}, { ca }, caller.signal)
    await until(() => received !== '')
    caller.abort()
    expect(await outcome).toMatchObject({ type: 'failure', wasSent: false, error: { reason: 'aborted' } })
    await until(() => isClosed)
    expect(received).not.toContain('hvs.secret')
  })

  it('while a name is looked up that nobody answers', async () => {
    const caller = new AbortController()
    const { outcome } = send('https://vault', { locate: () => new Promise(() => {}) }, { ca }, caller.signal)
    caller.abort()
    expect(await outcome).toMatchObject({ type: 'failure', wasSent: false, error: { reason: 'aborted' } })
  })
})

describe('a server with several places', () => {
  it('is reached at the first that takes a connection, and must have the certificate of its name', async () => {
    const away = await rawServer(() => {})
    const server = await secureServer()
    const locate = async () => [
      { hostname: '127.0.0.1', port: 1 },
      { hostname: '127.0.0.1', port: server.port },
      { hostname: '127.0.0.1', port: away },
    ]
    expect(statusOf(await send('https://vault.example.test', { locate }).outcome)).toBe(200)
    expect(server.requests[0]!.headers.host).toBe('vault.example.test')
    expect(statusOf(await send('https://other.example.test', { locate }).outcome)).toMatchObject({
      reason: 'other-name',
    })
  })

  it('fails as the last of them does', async () => {
    const locate = async () => [1, 2].map((port) => ({ hostname: '127.0.0.1', port }))
    expect(statusOf(await send('https://vault', { locate }).outcome)).toMatchObject({ reason: 'refused' })
  })
})

describe('a certificate that must be for another name as well', () => {
  it.each([
    ['server', 'vault.example.test', 200],
    ['server', '127.0.0.1', 200],
    [
      'localhost',
      '127.0.0.1',
      { reason: 'other-owner', message: expect.stringContaining('not for 127.0.0.1 as well') },
    ],
    ['server', 'vault.example.com', { reason: 'other-owner' }],
    ['elsewhere', 'elsewhere.example.test', { reason: 'other-name' }],
  ])('of %s, for %s: %o', async (certificate, alsoFor, expected) => {
    const server = await secureServer(certificate)
    const outcome = await send(`https://localhost:${server.port}`, {}, { ca, alsoFor }).outcome
    const found = statusOf(outcome)
    if (typeof expected === 'number') return expect(found).toBe(expected)
    expect(found).toMatchObject(expected)
    expect(outcome).toMatchObject({ wasSent: false })
    expect(server.requests).toEqual([])
  })
})
