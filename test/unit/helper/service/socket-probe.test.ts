import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askConfig, awaitApi, probeAgent, probeApi } from '../../../../src/helper/service/socket-probe.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

async function listen(onQuestion: (question: Buffer, socket: Socket) => void): Promise<string> {
  const path = join(temporaryFolder(), 's')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (question) => onQuestion(question, socket))
  }).listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return path
}

describe('a probe', () => {
  it('asks an agent for what it can do, which needs no key', async () => {
    const questions: Buffer[] = []
    const path = await listen((question, socket) => {
      questions.push(question)
      socket.write(Buffer.from([0, 0, 0, 1, 5]))
    })
    expect(await probeAgent(path)).toEqual({ type: 'answers' })
    const [question] = questions
    expect(question?.readUInt32BE(0)).toBe(question!.length - 4)
    expect(question?.subarray(4).toString('latin1')).toBe('\u001b\0\0\0\u0005query')
  })

  it('asks the API for nothing but an answer', async () => {
    const path = await listen((question, socket) =>
      socket.write(question.toString().startsWith('OPTIONS * ') ? 'HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n' : ''),
    )
    expect(await probeApi(path)).toEqual({ type: 'answers' })
  })

  it('takes an answer that comes in pieces', async () => {
    const path = await listen((_question, socket) => {
      socket.write(Buffer.from([0, 0, 0]), () => socket.write(Buffer.from([1, 28])))
    })
    expect(await probeAgent(path)).toEqual({ type: 'answers' })
  })

  it('says why there is no answer', async () => {
    const path = await listen((_question, socket) => socket.destroy())
    const closed = { type: 'silent', reason: expect.stringMatching(/closed (without an answer|the connection)/) }
    expect(await probeApi(path)).toEqual(closed)
    expect(await probeAgent(path)).toEqual(closed)
    expect(await probeApi(`${path}x`)).toEqual({ type: 'silent', reason: 'there is no such socket' })
    expect(await probeAgent(`${path}x`)).toEqual({ type: 'silent', reason: 'there is no such socket' })
  })

  it('asks for the configuration, and makes nothing of another answer', async () => {
    const report = { file: '/c', errors: [], warnings: ['w'] }
    const answering = (status: number, body: string) =>
      listen((_question, socket) =>
        socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
      )
    expect(await askConfig(await answering(200, JSON.stringify(report)))).toEqual(report)
    expect(await askConfig(await answering(404, '{"error":{}}'))).toBeUndefined()
    expect(await askConfig(await answering(200, '{"file":5}'))).toBeUndefined()
    expect(await askConfig(join(temporaryFolder(), 'none'))).toBeUndefined()
  })

  it('waits for a socket that is not there yet, but not for ever', async () => {
    const path = join(temporaryFolder(), 's')
    const server = createServer((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n')),
    )
    onTestFinished(() => void server.close())
    let pauses = 0
    const soon = (ms: number, run: () => void) => {
      if (ms === 200) {
        pauses += 1
        if (pauses === 3) server.listen(path, run)
        else setImmediate(run)
      }
      return () => {}
    }
    expect(await awaitApi(path, soon)).toEqual({ type: 'answers' })
    expect(pauses).toBe(3)
    pauses = 3
    expect(await awaitApi(`${path}x`, soon)).toMatchObject({ type: 'silent' })
    expect(pauses).toBe(53)
  })

  it('does not accept garbage as an answer', async () => {
    const path = await listen((_question, socket) => socket.write('220 mail.example.com ESMTP\r\n\r\n'))
    expect(await probeAgent(path)).toEqual({ type: 'silent', reason: 'what answers is not an SSH agent' })
    expect(await probeApi(path)).toEqual({ type: 'silent', reason: expect.stringContaining('cannot be read') })
  })

  it('waits for a bounded time, also for an answer that does not end', async () => {
    const path = await listen((_question, socket) => socket.write('\0'))
    for (const probe of [probeAgent, probeApi]) {
      const answer = probe(path, (ms, run) => {
        expect(ms).toBe(10_000)
        setImmediate(run)
        return () => {}
      })
      expect(await answer).toEqual({ type: 'silent', reason: 'no answer within 10 s' })
    }
  })

  it('does not connect to a socket that others could have put there', async () => {
    let questions = 0
    const path = await listen(() => {
      questions += 1
    })
    chmodSync(path, 0o666)
    for (const probe of [probeAgent, probeApi]) {
      expect(await probe(path)).toEqual({ type: 'silent', reason: `${path} can be changed by other users (mode 666)` })
    }
    expect(questions).toBe(0)
  })
})
