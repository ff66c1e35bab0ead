import type { Socket } from 'node:net'
import { createAdmission, type Marking } from '../core/limits/admission.ts'
import type { Churn } from '../core/limits/churn.ts'
import type { Logger } from '../core/log.ts'
import { isOwnPeer, type PeerCredentials } from '../ipc/sockets/peer-credentials.ts'

/** Roughly what a connection takes in memory. */
const connectionBytes = 16 * 1024

/** What happens to the connections of one socket. */
export interface GateOptions<View> {
  name: 'agent' | 'api'
  /** Called for each connection that comes. */
  maxConnections: () => number
  serve(stream: Socket, seat: Marking, peer: PeerCredentials | undefined, view: View | undefined): void
  /** Ends a connection that must make room. */
  evict(stream: Socket): void
}

/** What a gate needs; `peerOf` returns undefined if the platform does not report who has connected. */
export interface GateDeps {
  uid: number | undefined
  peerOf: (socket: Socket) => PeerCredentials | undefined
  churn: Churn
  log: Logger
}

/** The place where connections come in. It owns all open connections, on both sockets. */
export interface Gate {
  /** Takes the accepted connections of one socket, or of several that share their seats: each with what it is to see. */
  accept<View = never>(options: GateOptions<View>): (stream: Socket, view?: View) => void
  /** From now on connections are served, including those that have already arrived. */
  open(): void
  /** Ends all connections. */
  close(): void
}

/**
 * Lets in only our own user, and gives every connection that it lets in a seat. A service manager starts the daemon because
 * a client has connected: that client waits, on its seat, until there is something to list.
 */
export function createGate({ uid, peerOf, churn, log }: GateDeps): Gate {
  // Each with the function that starts to serve it, while it waits.
  const connections = new Map<Socket, (() => void) | undefined>()
  let isOpen = false

  return {
    accept({ name, maxConnections, serve, evict }) {
      const onEvict = () =>
        log.warn('too many connections: one made room for another', { socket: name, maxConnections: maxConnections() })
      const admission = createAdmission({ maxSeats: maxConnections, onEvict })
      return (stream, view) => {
        const peer = peerOf(stream)
        if (!isOwnPeer(peer, uid)) {
          log.warn('connection of another user refused', { uid: peer?.uid })
          stream.destroy()
          return
        }
        const seat = admission.admit({ holder: peer?.pid, close: () => evict(stream) })
        stream
          .on('error', () => {})
          .on('close', () => {
            connections.delete(stream)
            seat.leave()
          })
        const begin = () => serve(stream, seat, peer, view)
        churn.used(connectionBytes)
        connections.set(stream, isOpen ? undefined : begin)
        if (isOpen) begin()
      }
    },
    open() {
      isOpen = true
      for (const [stream, begin] of connections) {
        connections.set(stream, undefined)
        begin?.()
      }
    },
    close() {
      for (const stream of connections.keys()) stream.destroy()
    },
  }
}
