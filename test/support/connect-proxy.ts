import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'

/** A proxy that makes tunnels (CONNECT) and does nothing else. */
export interface ConnectProxy {
  address: string
  /** What was asked for, in order. */
  asked: { authority: string; authorization: string | undefined }[]
  /** Plain requests that came in, which no client of ours sends. */
  plainRequests(): number
}

export interface ConnectProxyOptions {
  /** Where hosts are, for names that no resolver knows; by `host:port`. */
  hosts?: Readonly<Record<string, number>>
  /** The user and the password that it wants, as `user:password`. */
  login?: string
  /** Answers everything so, as one that does not allow it. */
  status?: number
  /** Makes it speak TLS. */
  tls?: ServerOptions
}

/** Starts one that ends with the running test. */
export async function startConnectProxy({ hosts = {}, login, status, tls }: ConnectProxyOptions = {}) {
  const asked: ConnectProxy['asked'] = []
  let plainRequests = 0
  const sockets = new Set<Duplex>()
  const keep = (socket: Duplex) => void sockets.add(socket.on('error', () => {}))
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls)
  server.on('connection', keep)
  server.on('request', (_, response) => {
    plainRequests += 1
    response.writeHead(400).end()
  })
  server.on('connect', (request, socket: Duplex, head: Buffer) => {
    keep(socket)
    const { host: authority = '', 'proxy-authorization': authorization } = request.headers
    asked.push({ authority, authorization })
    const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`
    const refusal = authorization === wanted ? status : 407
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`)
    const { hostname, port } = new URL(`http://${request.url!}`)
    const upstream = connect(hosts[request.url!] ?? Number(port), hosts[request.url!] ? '127.0.0.1' : hostname)
    keep(upstream)
    upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'))
    upstream.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      socket.pipe(upstream).pipe(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  const proxy: ConnectProxy = {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    plainRequests: () => plainRequests,
  }
  return proxy
}
