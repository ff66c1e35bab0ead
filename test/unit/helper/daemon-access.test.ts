import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createDaemonAccess, type DaemonAccess } from '../../../src/helper/daemon-access.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'hunter2' }
const putKey = ({ call }: DaemonAccess) => call('putKey', { params: { source: 'a/b' }, body: key })

/** A peer that does what it is told with each request, and a helper whose deadlines pass when the test says so. */
async function access(answer: (socket: Socket, request: string) => void) {
  const socketPath = join(temporaryFolder(), 's')
  const received: string[] = []
  const sockets: Socket[] = []
  const listener = createServer((socket) => {
    sockets.push(socket)
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        received.push(String(chunk))
        answer(socket, String(chunk))
      })
  }).listen(socketPath)
  await once(listener, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  const limits: { ms: number; pass: () => void }[] = []
  const told: string[] = []
  const daemon = createDaemonAccess({
    socketPath,
    terminal: { mayAsk: () => false, isForeground: async () => false },
    readLine: async () => undefined,
    show: () => {},
    after(ms, pass) {
      const limit = { ms, pass }
      limits.push(limit)
      return () => void limits.splice(limits.indexOf(limit), 1)
    },
    onSlow: () => told.push('slow'),
  })
  /** Waits for the deadline of so many ms to be set, and lets it pass. */
  const pass = async (ms: number) => {
    for (;;) {
      const limit = limits.find((candidate) => candidate.ms === ms)
      if (limit !== undefined) return limit.pass()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { daemon, received, limits, told, pass, socketPath }
}

const reply = (socket: Socket, status: number, body: unknown) => {
  const text = JSON.stringify(body)
  socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
}
const isLifeSign = (request: string) => request.startsWith('OPTIONS * ')

it('asks for a sign of life, then for what is wanted, on one connection, and leaves no timer', async () => {
  const { daemon, received, limits } = await access((socket, request) =>
    isLifeSign(request) ? reply(socket, 404, { error: {} }) : reply(socket, 200, { keys: [] }),
  )
  expect(await daemon.call('listKeys')).toEqual({ keys: [] })
  expect(received.map((request) => request.split(' HTTP')[0])).toEqual(['OPTIONS *', 'GET /v1/aws/keys'])
  expect(limits).toEqual([])
})

it('sends what the endpoint takes where the endpoint is, and gives back what it says, checked', async () => {
  const kept = { source: 'a/b', accessKeyId: key.accessKeyId, isVerified: true }
  const { daemon, received } = await access((socket, request) =>
    isLifeSign(request) ? reply(socket, 404, {}) : reply(socket, 200, { ...kept, more: 'than is told of' }),
  )
  expect(await putKey(daemon)).toEqual(kept)
  expect(received[1]).toMatch(/^PUT \/v1\/aws\/keys\/a%2Fb HTTP/)
  expect(received[1]).toContain(`\r\n\r\n${JSON.stringify(key)}`)
})

it('refuses an answer that does not have the form of its endpoint', async () => {
  const { daemon } = await access((socket, request) =>
    reply(socket, isLifeSign(request) ? 404 : 200, { keys: [{ source: 7, accessKeyId: 'hunter2' }] }),
  )
  const error = await daemon.call('listKeys').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'BAD_REPLY', message: "the daemon's answer cannot be used: keys.0.source" })
  expect(String(error)).not.toContain('hunter2')
})

it('sends nothing to a daemon that does not answer, and ends within seconds', async () => {
  const { daemon, received, pass, socketPath } = await access(() => {})
  const call = putKey(daemon)
  await pass(10_000)
  await expect(call).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: `no answer from the daemon on ${socketPath} within 10s`,
    hint: expect.stringContaining('latchkey service status'),
  })
  expect(received.join('')).not.toContain('hunter2')
})

it.each([
  ['logout', 120_000],
  ['login', 600_000],
] as const)('%s has a limit of %s ms once the daemon has shown that it lives', async (name, ms) => {
  const { daemon, pass } = await access((socket, request) => {
    if (isLifeSign(request)) reply(socket, 404, {})
  })
  const call = daemon.call(name, { body: {} })
  await pass(ms)
  await expect(call).rejects.toMatchObject({ code: 'TIMED_OUT' })
})

it('ends at garbage, however little comes at a time', async () => {
  const garbage = await access((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n\r\n'))
  await expect(putKey(garbage.daemon)).rejects.toMatchObject({ code: 'REPLY_UNREADABLE' })
  const dripping = await access((socket) => {
    socket.write('H')
  })
  const call = putKey(dripping.daemon)
  await dripping.pass(10_000)
  await expect(call).rejects.toMatchObject({ code: 'TIMED_OUT' })
  expect([...garbage.received, ...dripping.received].join('')).not.toContain('hunter2')
})

it('says nothing at all to a socket that others could have put there', async () => {
  const { daemon, received, socketPath } = await access((socket) => reply(socket, 200, {}))
  chmodSync(dirname(socketPath), 0o757)
  await expect(putKey(daemon)).rejects.toMatchObject({
    code: 'DAEMON_UNTRUSTED',
    message: `${socketPath} is not safe to use: ${dirname(socketPath)} can be changed by other users (mode 757)`,
    hint: `chmod o-w ${dirname(socketPath)}`,
  })
  chmodSync(dirname(socketPath), 0o700)
  chmodSync(socketPath, 0o646)
  await expect(putKey(daemon)).rejects.toMatchObject({ hint: `chmod o-w ${socketPath}` })
  expect(received).toEqual([])
})

const nothingWrong = { file: '/c.toml', errors: [], warnings: [] }

it('says once that an answer takes longer than a second, and nothing about one that does not', async () => {
  const { daemon, pass, told, limits } = await access((socket, request) => {
    const isSlow = limits.some(({ ms }) => ms === 1_000)
    if (isLifeSign(request) || !isSlow) reply(socket, 200, nothingWrong)
    else void pass(1_000).then(() => reply(socket, 200, nothingWrong))
  })
  await daemon.call('getConfig')
  expect(told).toEqual(['slow'])
  await daemon.call('getConfig')
  expect(told).toEqual(['slow'])
  const quick = await access((socket) => reply(socket, 200, nothingWrong))
  await quick.daemon.call('getConfig')
  expect([quick.told, quick.limits]).toEqual([[], []])
})
