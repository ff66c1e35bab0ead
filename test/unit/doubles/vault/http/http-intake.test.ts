import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpIntake } from '../../../../doubles/vault/http/http-intake.ts'

/** A server that answers each request with its method, path and body. */
async function startEcho(): Promise<Socket> {
  const intake = createHttpIntake((message, response) => {
    text(message).then(
      (body) => response.end(`<${message.method} ${message.url} ${body}>`),
      () => response.destroy(),
    )
  })
  const server = createServer(intake.accept).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port }: AddressInfo = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  await once(client, 'connect')
  client.setNoDelay(true)
  return client
}

/** Reads until the answer to one request is whole. */
async function readAnswer(client: Socket): Promise<string> {
  let answer = ''
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    answer += String(chunk)
    if (answer.includes('>')) break
  }
  return /<(.*)>/s.exec(answer)?.[1] ?? answer
}

describe('requests with the method LIST', () => {
  it('arrive, on a connection that stays open for others', async () => {
    const client = await startEcho()
    client.write('LIST /v1/a HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await readAnswer(client)).toBe('LIST /v1/a ')
    client.write('GET /v1/b HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await readAnswer(client)).toBe('GET /v1/b ')
    client.write('LIST /v1/c HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await readAnswer(client)).toBe('LIST /v1/c ')
  })

  it('may come in pieces', async () => {
    const client = await startEcho()
    const answer = readAnswer(client)
    for (const piece of ['L', 'IS', 'T /v1', '/a HTTP/1.1\r\nHost: x\r\n\r\n']) {
      client.write(piece)
      await new Promise(setImmediate)
    }
    expect(await answer).toBe('LIST /v1/a ')
  })

  it('are not looked for in a body', async () => {
    const client = await startEcho()
    const answer = readAnswer(client)
    client.write('POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n')
    await new Promise(setImmediate)
    client.write('LIST ')
    await new Promise(setImmediate)
    client.write('LIST ')
    expect(await answer).toBe('POST /v1/a LIST LIST ')
  })

  it('leave methods alone that only begin alike', async () => {
    const client = await startEcho()
    client.write('LOCK /v1/a HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await readAnswer(client)).toBe('LOCK /v1/a ')
  })
})
