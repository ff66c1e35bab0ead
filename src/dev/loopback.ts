import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import { listenOnLoopback } from '../http/loopback-listener.ts'

/** A server that listens. */
export interface Listener {
  /** `http://127.0.0.1:PORT`, or `https:`. */
  address: string
  /** Ends all connections. */
  close(): Promise<void>
}

/** Puts an HTTP server somewhere. @throws the system's error where that cannot be had */
export type Listen = (serve: RequestListener) => Promise<Listener>

/**
 * Listens on loopback and nowhere else.
 * @param port 0 takes a free one
 * @param refusal what is sent to those whose request Node does not understand; a bare 400 where it is absent
 */
export function onLoopback(port: number, options: ServerOptions = {}, refusal?: string): Listen {
  return async (serve) => {
    const server = createServer(options, serve)
    if (refusal !== undefined)
      server.on('clientError', (_error, socket: Socket) => (socket.writable ? socket.end(refusal) : socket.destroy()))
    const listener = await listenOnLoopback(port, (socket) => void server.emit('connection', socket))
    return { address: `http://127.0.0.1:${listener.port}`, close: listener.close }
  }
}
