import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Listener } from '../../../../src/dev/loopback.ts'
import { listenOnLoopback as listenOnBoth } from '../../../../src/http/loopback-listener.ts'

/** Where to listen. */
export interface ListenOptions {
  /** On 127.0.0.1 and ::1; 0 takes a free one. */
  port: number
  /** Listens on a Unix socket too, which only its owner can use. */
  socketPath?: string
}

/** PEM. With `ca`, clients must show a certificate that was signed by it; with `asks` they may show any, as with Vault. */
export interface TlsOptions {
  key: string
  cert: string
  ca?: string
  asks?: boolean
}

/**
 * Listens on loopback and nowhere else.
 * @param accept gets each connection, after its TLS handshake where there is one
 * @throws the system's error when the port or the socket cannot be had; nothing is left listening then
 */
export async function listenOnLoopback(
  { port: wanted, socketPath }: ListenOptions,
  tls: TlsOptions | undefined,
  accept: (socket: Socket) => void,
): Promise<Listener> {
  const { port, close } = await listenOnBoth(wanted, tls === undefined ? accept : acceptTls(tls, accept))
  const address = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  if (socketPath === undefined) return { address, close }
  try {
    const closeSocket = await listenPrivately(socketPath, accept)
    return { address, close: async () => void (await Promise.all([close(), closeSocket()])) }
  } catch (error) {
    await close()
    throw error
  }
}

/** A connection that never gets through its handshake ends with the listener, as all do. */
function acceptTls(
  { key, cert, ca, asks = false }: TlsOptions,
  accept: (socket: Socket) => void,
): (socket: Socket) => void {
  const trust =
    ca === undefined
      ? { requestCert: asks, rejectUnauthorized: false }
      : { ca, requestCert: true, rejectUnauthorized: true }
  const server = createTlsServer({ key, cert, ...trust }, accept)
  return (socket) => void server.emit('connection', socket)
}

/** The socket belongs to its owner from its first instant: bind(2) applies the umask, and listen() binds at once. */
function listenPrivately(path: string, accept: (socket: Socket) => void): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)))
    accept(socket)
  })
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    try {
      server.listen({ path }, () => resolve(close))
    } finally {
      process.umask(before)
    }
  })
}
