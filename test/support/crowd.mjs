// A crowd of clients in a process of its own: node crowd.mjs SOCKET COUNT HABIT. It prints a line once all of them have
// done what they do, and stays until its stdin ends. A client whose connection is closed stays away, unless its habit is
// to come again.
import { connect } from 'node:net'

const [socketPath, count, habit] = process.argv.slice(2)
const list = Buffer.of(0, 0, 0, 1, 11)
/** EXTENSION `query` */
const query = Buffer.from([0, 0, 0, 10, 27, 0, 0, 0, 5, ...Buffer.from('query')])
const status = 'GET /v1/status HTTP/1.1\r\nHost: d\r\n\r\n'

/** What a client does once it is connected; what it returns runs twice a second. */
const habits = {
  silent: () => {},
  idle: (socket) => void socket.write(list),
  halfSent: (socket) => void socket.write(Buffer.of(0, 4, 0, 0, 13)),
  largeHalfSent: (socket) => void socket.write(Buffer.concat([Buffer.of(0, 4, 0, 0, 13), Buffer.alloc(200_000)])),
  dripping(socket) {
    socket.write(Buffer.of(0, 4, 0, 0, 13))
    return () => socket.write(Buffer.of(0))
  },
  neverReading(socket) {
    socket.pause()
    // Each answer has 49 bytes: together more than the kernel takes for somebody who does not read.
    for (let part = 0; part < 2; part += 1) socket.write(Buffer.alloc(14 * 4_000, query))
  },
  garbage: (socket) => void socket.write(Buffer.alloc(100, 0xff)),
  listing(socket) {
    socket.on('data', () => socket.write(list)).write(list)
  },
  apiIdle: (socket) => void socket.write(status),
  apiHalfSent: (socket) => void socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(15_000)}`),
  apiDripping(socket) {
    socket.write('GET / HTTP/1.1\r\nX: ')
    return () => socket.write('x')
  },
  apiBody: (socket) =>
    void socket.write(
      `PUT /v1/aws/keys/x HTTP/1.1\r\nHost: d\r\nContent-Length: 65000\r\n\r\n[${'[],'.repeat(20_000)}`,
    ),
}

const comesAgain = ['garbage'].includes(habit)

function join() {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    let timer
    // The queue of the listener is full: it has to be tried again.
    socket.on('error', ({ code }) => code === 'EAGAIN' && setTimeout(() => join().then(resolve), 10))
    socket.on('connect', () => {
      socket.resume().on('close', () => {
        clearInterval(timer)
        if (comesAgain) setTimeout(join, 100)
      })
      const again = habits[habit](socket)
      if (again !== undefined) timer = setInterval(() => again(), 500)
      resolve()
    })
  })
}

// Some at a time: a listener's queue is short.
for (let left = Number(count); left > 0; left -= 100)
  await Promise.all(Array.from({ length: Math.min(100, left) }, join))
process.stdout.write('here\n')
process.stdin.on('end', () => process.exit()).resume()
