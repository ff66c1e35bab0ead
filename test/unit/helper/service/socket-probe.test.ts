import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { probeAgent, probeApi } from '../../../../src/helper/service/socket-probe.ts'
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

  it('asks the API for its status', async () => {
    const path = await listen((question, socket) =>
      socket.write(question.toString().startsWith('GET /v1/status') ? 'HTTP' : ''),
    )
    expect(await probeApi(path)).toEqual({ type: 'answers' })
  })

  it('says why there is no answer', async () => {
    const path = await listen((_question, socket) => socket.destroy())
    expect(await probeApi(path)).toEqual({ type: 'silent', reason: 'the connection was closed without an answer' })
    expect(await probeApi(`${path}x`)).toEqual({ type: 'silent', reason: 'there is no such socket' })
  })
})
