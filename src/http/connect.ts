import { once } from 'node:events'
import { request as requestHttp } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { errorCode } from '../core/errors.ts'
import { connectionWords } from './connection-error.ts'
import { HttpError } from './http-error.ts'
import type { HttpProxy } from './proxy.ts'
import type { Endpoint, ServerAddress } from './server-address.ts'
import { type Roots, tlsConnectOptions } from './tls.ts'

/** The way to a server, where it is not simply at its address. */
export interface Route {
  proxy?: HttpProxy | undefined
  /** Whom a proxy that speaks TLS is trusted by; absent: Node's own certificates. */
  proxyRoots?: Roots | undefined
  /** Where the server is, in the order in which it is to be tried; absent: at its address. */
  locate?: (() => Promise<readonly Endpoint[]>) | undefined
}

/**
 * Makes a connection to a server on which it is ready to be sent a request.
 * @param tls absent: plain HTTP
 * @param signal gives up
 * @throws the system's error, or TLS's; {HttpError} where a proxy is at fault; the reason of the signal
 */
export async function openConnection(
  address: ServerAddress,
  tls: (() => Promise<ConnectionOptions>) | undefined,
  route: Route,
  signal: AbortSignal,
): Promise<Socket> {
  // Before there is a socket, which may fail at any time.
  const options = await tls?.()
  const socket = await openTransport(address, route, signal)
  return options === undefined ? socket : await secured(socket, options, signal)
}

/** A connection to the first place that takes one. */
async function openTransport(address: ServerAddress, route: Route, signal: AbortSignal): Promise<Socket> {
  const { socketPath, hostname, port } = address
  if (socketPath !== undefined) return await ready(connectTcp({ path: socketPath }), 'connect', signal)
  const places = (await abandonable(route.locate?.(), signal)) ?? [{ hostname, port }]
  for (const [at, place] of places.entries()) {
    try {
      return await openTo(place, route, signal)
    } catch (error) {
      if (at === places.length - 1 || signal.aborted) throw error
    }
  }
  throw new Error('no place to connect to')
}

function openTo(place: Endpoint, { proxy, proxyRoots }: Route, signal: AbortSignal): Promise<Socket> {
  return proxy === undefined ? openTcp(place, signal) : openTunnel(place, proxy, proxyRoots, signal)
}

const openTcp = ({ hostname, port }: Endpoint, signal: AbortSignal): Promise<Socket> =>
  ready(connectTcp({ host: hostname, port, noDelay: true }), 'connect', signal)

const secured = (socket: Socket, tls: ConnectionOptions, signal: AbortSignal): Promise<Socket> =>
  ready(connectTls({ ...tls, socket }), 'secureConnect', signal)

async function openTunnel(
  place: Endpoint,
  proxy: HttpProxy,
  proxyRoots: Roots | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const tls = proxy.isTls ? await tlsConnectOptions(proxy.hostname, { roots: proxyRoots })() : undefined
  const socket = await openTcp(proxy, signal)
    .then((tcp) => (tls === undefined ? tcp : secured(tcp, tls, signal)))
    .catch((cause: Error) => {
      if (signal.aborted) throw cause
      throw new HttpError('proxy-away', `the proxy of ${proxy.text} cannot be reached: ${connectionWords(cause)}`, {
        cause,
      })
    })
  const { hostname, port } = place
  const authority = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  const asking = requestHttp({
    method: 'CONNECT',
    path: authority,
    headers: {
      Host: authority,
      ...(proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization.expose() }),
    },
    createConnection: () => socket,
    signal,
  })
  asking.end()
  const [answer, , head] = (await once(asking, 'connect').catch((cause: Error) => {
    if (signal.aborted) throw cause
    throw refused(proxy, `it does not answer as a proxy (${errorCode(cause) ?? cause.message})`)
  })) as [{ statusCode: number }, Socket, Buffer]
  if (answer.statusCode === 200 && head.length === 0) return socket
  socket.destroy()
  if (answer.statusCode === 407)
    throw new HttpError('proxy-login', `the proxy of ${proxy.text} wants a user and a password, or refuses them`)
  throw refused(proxy, `it does not lead to ${authority} (HTTP ${answer.statusCode})`)
}

const refused = (proxy: HttpProxy, words: string) =>
  new HttpError('proxy-refused', `the proxy of ${proxy.text}: ${words}`)

/** @throws the socket's error; the reason of the signal, which destroys the socket */
function ready<Ready extends Socket>(socket: Ready, event: 'connect' | 'secureConnect', signal: AbortSignal) {
  return new Promise<Ready>((resolve, reject) => {
    const onAbort = () => socket.destroy(signal.reason)
    const settle = (conclude: () => void) => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      conclude()
    }
    const onError = (error: Error) => settle(() => reject(error))
    socket.on('error', onError).once(event, () => settle(() => resolve(socket)))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** The same promise, unless the signal is faster. @throws the promise's error; that it was given up */
async function abandonable<T>(promise: Promise<T> | undefined, signal: AbortSignal): Promise<T | undefined> {
  if (promise === undefined) return undefined
  const settled = new AbortController()
  const abandoned = once(signal, 'abort', { signal: settled.signal }).then(() => {
    throw new Error('the connection was given up')
  })
  try {
    return await Promise.race([promise, abandoned])
  } finally {
    settled.abort()
  }
}
