import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { errorCode } from '../core/errors.ts'

/** A listener on loopback. */
export interface LoopbackListener {
  port: number
  /** Stops listening, and ends all connections. */
  close(): Promise<void>
}

/** Both addresses of `localhost`: a client may use either. */
const hosts = ['127.0.0.1', '::1'] as const
/** How often another port is tried when one that is free on the first address is taken on the second. */
const maxAttempts = 5

/**
 * Listens on the same port of 127.0.0.1 and of ::1 (if this machine has IPv6), and nowhere else. Both, so that no other
 * user's program gets what is meant for `localhost`.
 * @param port 0 takes a free one
 * @throws the system's error if the port is not available on both; nothing is left listening then
 */
export async function listenOnLoopback(
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<LoopbackListener> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnBoth(port, onConnection)
    } catch (error) {
      if (port !== 0 || errorCode(error) !== 'EADDRINUSE' || attempt === maxAttempts) throw error
    }
  }
}

async function listenOnBoth(wanted: number, onConnection: (socket: Socket) => void): Promise<LoopbackListener> {
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  let port = wanted
  const close = async () => {
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
  }
  try {
    for (const host of hosts) {
      const server = createServer((socket) => {
        sockets.add(socket.once('close', () => sockets.delete(socket)))
        onConnection(socket)
      })
      if (!(await listens(server, host, port))) continue
      servers.push(server)
      port = (server.address() as AddressInfo).port
    }
    return { port, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @returns false if the machine has no IPv6 */
function listens(server: Server, host: (typeof hosts)[number], port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isAbsent = host === '::1' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error) ?? '')
      if (isAbsent) resolve(false)
      else reject(error)
    })
    server.listen({ host, port }, () => resolve(true))
  })
}
