import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'

/**
 * How many connections may wait to be accepted; the kernel has a limit of its own (somaxconn). A client that does not wait
 * for a place in the queue, as in Node, gets EAGAIN when it is full: a crowd must not fill it at once.
 */
const maxQueued = 4096

/**
 * Takes an accepted stream. It allows half-open connections: a client that has finished sending still gets its answer, and
 * the receiver of the stream must end it.
 */
export type OnStream = (stream: Socket) => void

/** A server that does not listen yet. */
export function createUnixServer(onStream: OnStream): Server {
  return createServer({ allowHalfOpen: true }, (stream) => {
    // A client that connects and leaves at once, as the probe of a second daemon does, must not end the process.
    stream.on('error', () => {})
    onStream(stream)
  })
}

/** Listens at a path or on an open descriptor: the socket is bound when this returns, and accepts when it resolves. */
export function listening(server: Server, place: Pick<ListenOptions, 'path'> | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('listening', () => {
      // A later error means that one connection could not be accepted: the others must not end with it.
      server.off('error', reject).on('error', () => {})
      resolve()
    })
    server.listen({ ...place, backlog: maxQueued })
  })
}

/** Accepts no more. */
export function stopListening(server: Server): void {
  // Not awaited: the callback waits for open connections, and its error only means that the server does not listen.
  server.close(() => {})
}
