import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createAdmission, type Seat } from '../core/limits/admission.ts'
import type { Clock } from '../core/time/clock.ts'
import { isLoopbackHost } from './loopback-host.ts'
import { type LoopbackListener, listenOnLoopback } from './loopback-listener.ts'
import { readBody } from './read-body.ts'

/** How a server on loopback is started. */
export interface LoopbackServerOptions {
  /** 0 takes a free one. */
  port: number
  clock: Clock
  /** How long a request may take to arrive whole, from connecting or from the last answer, in ms. */
  patienceMs: number
  maxBodyBytes: number
  /** A name of this server besides those of loopback, as a client has it: in lower case, with any port but the scheme's own. */
  host?: string | undefined
  /** Answers a request whose body has been read. If it throws, the connection is ended. */
  serve(incoming: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void>
}

const maxHeaderBytes = 16 * 1024
const maxHeaders = 64
/** More than a browser opens. */
const maxConnections = 64

/** What is known of a connection. */
interface Connection {
  seat: Seat
  /** Stops the clock for its next request. */
  stopTimer: () => void
}

/**
 * HTTP on loopback for clients on this machine, such as a browser. Every program of every user can connect, and a web page
 * can send requests: `serve` decides whom to answer. Refused here are requests for another host (421), and requests that
 * are larger than any legitimate one (413, 431). A connection that waits for nothing makes room for a new one, so that
 * nobody keeps others out by holding connections: their owners are not known when they come.
 * @throws the system's error if the port is not available
 */
export async function startLoopbackServer(options: LoopbackServerOptions): Promise<LoopbackListener> {
  const { clock, patienceMs, maxBodyBytes, host, serve } = options
  const connections = new Map<Socket, Connection>()
  const admission = createAdmission({ maxSeats: () => maxConnections, onEvict: () => {} })
  let port = 0

  const expect = (socket: Socket) => {
    const connection = connections.get(socket)
    if (connection === undefined) return
    connection.stopTimer()
    connection.stopTimer = clock.after(patienceMs, () => socket.destroy())
  }

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const meant = incoming.headers.host
    if (!isLoopbackHost(meant, port) && (host === undefined || meant?.toLowerCase() !== host))
      return refuse(response, 421)
    if (incoming.rawHeaders.length > 2 * maxHeaders) return refuse(response, 431)
    // The socket is not destroyed when reading stops early: the answer goes over it.
    const body = await readBody(incoming.iterator({ destroyOnReturn: false }), maxBodyBytes)
    if (body === undefined) return refuse(response, 413)
    const connection = connections.get(incoming.socket)
    connection?.stopTimer()
    connection?.seat.mark('busy')
    await serve(incoming, response, body)
  }

  // Node's own time limits use another clock.
  const limits = { maxHeaderSize: maxHeaderBytes, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }
  const server = createServer(limits, (incoming, response) => {
    connections.get(incoming.socket)?.seat.mark('unfinished')
    response.once('finish', () => {
      expect(incoming.socket)
      connections.get(incoming.socket)?.seat.mark('idle')
    })
    answer(incoming, response).catch(() => incoming.socket.destroy())
  })
  server.maxHeadersCount = maxHeaders + 1
  const listener = await listenOnLoopback(options.port, (socket) => {
    const seat = admission.admit({ holder: undefined, close: () => socket.destroy() })
    connections.set(socket, { seat, stopTimer: () => {} })
    expect(socket)
    socket
      .on('error', () => {})
      .once('close', () => {
        connections.get(socket)?.stopTimer()
        connections.delete(socket)
        seat.leave()
      })
    server.emit('connection', socket)
  })
  port = listener.port
  return listener
}

function refuse(response: ServerResponse, status: 413 | 421 | 431): void {
  response.writeHead(status, { Connection: 'close', 'Content-Length': 0 }).end()
}
