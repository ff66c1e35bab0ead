import { createServer, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { noteClientCertificate } from './client-certificate.ts'

/** Node's parser knows no LIST. This method, as long and used by nobody, stands for it on the way through the parser. */
const methodForList = 'LINK'
const listStart = Buffer.from('LIST ')

/** Takes connections and reads HTTP from them. */
export interface HttpIntake {
  /** Serves a connection. */
  accept(socket: Socket): void
}

/** Takes HTTP from connections that may ask with the method LIST. */
export function createHttpIntake(listener: RequestListener): HttpIntake {
  const connections = new WeakMap<Duplex, { isIdle: boolean; socket: Socket }>()
  const server = createServer((message, response) => {
    const connection = connections.get(message.socket)
    response.once('finish', () => {
      if (connection !== undefined) connection.isIdle = true
    })
    if (message.method === methodForList) message.method = 'LIST'
    if (connection !== undefined) noteClientCertificate(message, connection.socket)
    listener(message, response)
  })
  return {
    accept(socket) {
      const connection = { isIdle: true, socket }
      const stream = replaceListMethod(socket, connection)
      connections.set(stream, connection)
      server.emit('connection', stream)
    },
  }
}

/**
 * A view of the connection in which a request line that begins with LIST begins with `methodForList`. A request line is
 * looked for only where no request is under way, so that nothing in a body is touched; clients of Vault do not pipeline.
 */
function replaceListMethod(socket: Socket, connection: { isIdle: boolean }): Duplex {
  let held: Buffer = Buffer.alloc(0)
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Uint8Array, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  // For networks that a token is bound to.
  Object.defineProperty(stream, 'remoteAddress', { value: socket.remoteAddress })
  const push = (chunk: Buffer) => {
    if (!stream.push(chunk)) socket.pause()
  }
  socket.on('data', (chunk: Buffer) => {
    if (!connection.isIdle) return push(chunk)
    held = Buffer.concat([held, chunk])
    const length = Math.min(held.length, listStart.length)
    const mayBeList = held.subarray(0, length).equals(listStart.subarray(0, length))
    if (mayBeList && length < listStart.length) return
    if (mayBeList) held.write(methodForList)
    const request = held
    held = Buffer.alloc(0)
    connection.isIdle = false
    push(request)
  })
  socket.on('end', () => void stream.push(null))
  socket.on('error', (error) => stream.destroy(error))
  socket.on('close', () => stream.destroy())
  // A client that goes away in the middle of an answer is not the server's fault.
  stream.on('error', () => {})
  return stream
}
