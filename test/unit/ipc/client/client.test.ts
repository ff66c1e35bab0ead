import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { maxAccounts, maxNameLength } from '../../../../src/aws/files/account-list.ts'
import { HelperError } from '../../../../src/helper/fast/failure.ts'
import { openApiClient } from '../../../../src/ipc/client/client.ts'
import { startApiServer } from '../../../support/api-server.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const request = { method: 'GET', path: '/v1/status', headers: { 'latchkey-prompt': 'terminal' } } as const

/** A server whose answer to each chunk it receives is what `answer` says; it keeps what it received. */
async function server(answer: (socket: Socket, count: number) => void) {
  const path = join(temporaryFolder(), 's')
  const received: string[] = []
  const sockets: Socket[] = []
  const listener = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => answer(socket, received.push(chunk.toString())))
  }).listen(path)
  await once(listener, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  return { path, received }
}

function open(path: string) {
  const connection = openApiClient(path)
  onTestFinished(() => connection.close())
  return connection
}

describe('a connection to the daemon', () => {
  it('sends requests and reads answers, one after the other', async () => {
    const { path, received } = await server((socket, count) =>
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"count":${count}}`),
    )
    const connection = open(path)
    expect(await connection.call(request)).toEqual({ status: 200, body: { count: 1 } })
    expect(await connection.call({ method: 'POST', path: '/v1/x', body: { answer: 'ü' } })).toEqual({
      status: 200,
      body: { count: 2 },
    })
    expect(received).toEqual([
      'GET /v1/status HTTP/1.1\r\nhost: localhost\r\nlatchkey-prompt: terminal\r\n\r\n',
      'POST /v1/x HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"answer":"ü"}',
    ])
  })

  it('gets all accounts of the largest organization from the server', async () => {
    const accounts = Array.from({ length: maxAccounts }, (_, at) => ({
      Id: String(100_000_000_000 + at),
      Name: 'ü"'.repeat(maxNameLength / 2),
      State: 'PENDING_CLOSURE',
    }))
    const { path } = await startApiServer({
      routes: [
        { method: 'POST', pattern: '/v1/aws/accounts', handle: async () => ({ status: 200, body: { accounts } }) },
      ],
    })
    expect(await open(path).call({ method: 'POST', path: '/v1/aws/accounts' })).toEqual({
      status: 200,
      body: { accounts },
    })
  })

  it('puts an answer together from pieces', async () => {
    const { path } = await server((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-le')
      setImmediate(() => socket.write('ngth: 9\r\n\r\n{"a":'))
      setImmediate(() => setImmediate(() => socket.write('"b"}')))
    })
    expect(await open(path).call(request)).toEqual({ status: 200, body: { a: 'b' } })
  })

  it('closes after an answer that it cannot read', async () => {
    const { path } = await server((socket) => socket.write('SSH-2.0-x\r\n\r\n'))
    const connection = open(path)
    await expect(connection.call(request)).rejects.toMatchObject({ code: 'REPLY_UNREADABLE' })
    await expect(connection.call(request)).rejects.toMatchObject({ code: 'REPLY_UNREADABLE' })
  })

  it('fails when the daemon goes away', async () => {
    const { path } = await server((socket) => socket.end('HTTP/1.1 200'))
    await expect(open(path).call(request)).rejects.toMatchObject({
      code: 'DAEMON_UNREACHABLE',
      hint: expect.stringContaining('latchkey daemon'),
    })
  })

  it('says how to start the daemon if nothing listens', async () => {
    await expect(open(join(temporaryFolder(), 'none')).call(request)).rejects.toMatchObject({
      code: 'DAEMON_NOT_RUNNING',
      hint: expect.stringContaining('latchkey service install'),
    })
  })

  it('refuses a path that Node would truncate', () => {
    expect(() => openApiClient(`/${'x'.repeat(107)}`)).toThrow(
      expect.objectContaining({ code: 'DAEMON_UNREACHABLE', hint: expect.stringContaining('LATCHKEY_RUNTIME_DIR') }),
    )
  })

  it('fails the call under way with the reason why it was closed', async () => {
    const { path } = await server(() => {})
    const connection = open(path)
    const call = connection.call(request)
    connection.close(new HelperError('TIMED_OUT', 'too late'))
    await expect(call).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })
})
