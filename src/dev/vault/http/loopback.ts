import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** Where to listen. */
export interface ListenOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  port: number
  /** Listens on a Unix socket too, which only its owner can use. */
  socketPath?: string
}

/** PEM. With `ca`, clients must show a certificate that was signed by it. */
export interface TlsOptions {
  key: string
  cert: string
  ca?: string
}

/** A server that listens. */
export interface LoopbackListener {
  /** `http://127.0.0.1:PORT`, or `https:`. */
  address: string
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Listens on loopback and nowhere else.
 * @param accept gets each connection, after its TLS handshake where there is one
 * @throws the system's error when the port or the socket cannot be had; nothing is left listening then
 */
export async function listenOnLoopback(
  options: ListenOptions,
  tls: TlsOptions | undefined,
  accept: (socket: Socket) => void,
): Promise<LoopbackListener> {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const close = async () => {
    const closed = servers.map(closeServer)
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
  }
  const track = (server: Server) => {
    servers.push(server)
    // Before the TLS handshake: a connection that never gets through it must end too.
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    return server
  }
  try {
    const server = track(tls === undefined ? createServer(accept) : createTlsServer(tlsServerOptions(tls), accept))
    await started(server, () => server.listen({ host: '127.0.0.1', port: options.port }))
    if (options.socketPath !== undefined) await listenPrivately(track(createServer(accept)), options.socketPath)
    return { address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}`, close }
  } catch (error) {
    await close()
    throw error
  }
}

function tlsServerOptions({ key, cert, ca }: TlsOptions) {
  return ca === undefined ? { key, cert } : { key, cert, ca, requestCert: true, rejectUnauthorized: true }
}

function started(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    start()
  })
}

/** The socket belongs to its owner from its first instant: bind(2) takes the umask, and listen() binds at once. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return started(server, () => {
    const before = process.umask(0o177)
    try {
      server.listen({ path })
    } finally {
      process.umask(before)
    }
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return isAddressInfo(address) ? address.port : 0
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
