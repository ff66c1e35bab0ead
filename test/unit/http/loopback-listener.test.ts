import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { listenOnLoopback } from '../../../src/http/loopback-listener.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)
const hosts = ['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])]

async function listen(port = 0) {
  const accepted: Socket[] = []
  const listener = await listenOnLoopback(port, (socket) => accepted.push(socket.on('error', () => {})))
  onTestFinished(listener.close)
  return { ...listener, accepted }
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host).on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Somebody who has taken a port of one address; 0 is a free one. */
async function occupy(host: string, port = 0): Promise<number> {
  const server = createServer().listen(port, host)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

it.each(hosts)('listens on %s, at the same port', async (host) => {
  const { port, accepted } = await listen()
  const socket = await open(host, port)
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(accepted[0]!.remoteAddress).toBe(host)
  socket.destroy()
})

it('listens on the given port, once it is free again', async () => {
  const { port, close } = await listen()
  await close()
  expect((await listen(port)).port).toBe(port)
})

it.each(hosts)('fails if the port is taken on %s, and leaves nothing behind', async (host) => {
  const port = await occupy(host)
  await expect(listenOnLoopback(port, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' })
  for (const other of hosts.filter((candidate) => candidate !== host)) expect(await occupy(other, port)).toBe(port)
})

it('ends its connections when it is closed', async () => {
  const { port, close } = await listen()
  const socket = await open('127.0.0.1', port)
  const closed = new Promise((resolve) => socket.resume().on('close', resolve))
  await close()
  await closed
})
