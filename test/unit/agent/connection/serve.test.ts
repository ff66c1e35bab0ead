import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createAgentServer } from '../../../../src/agent/connection/serve.ts'
import type { MaybePromise } from '../../../../src/agent/keys/key-store.ts'
import { maxFrameBytes } from '../../../../src/agent/protocol/frame.ts'
import type { AgentRequest, AgentResponse } from '../../../../src/agent/protocol/messages.ts'
import { createLogger, silentLogger } from '../../../../src/core/log.ts'
import { SshWriter } from '../../../../src/ssh/wire.ts'
import { settle } from '../../../support/agent-issuer.ts'
import {
  addKey,
  extension,
  extensionConstraint,
  lockWith,
  number,
  signRequest,
} from '../../../support/agent-messages.ts'
import { createFrameReader, framed } from '../../../support/agent-stream.ts'
import { noChurn } from '../../../support/churn.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { ownSeat } from '../../../support/seats.ts'

const longConstraint = extensionConstraint(`${'\u0001'.repeat(200_000)}@example.com`)

const signatureOf = (text: string): AgentResponse => ({ type: 'sign-response', signature: Buffer.from(text) })
const answerOf = (text: string) => new SshWriter().byte(14).string(text).bytes()

/** Asks to sign a text; the answers here repeat the text. */
const sign = (text: string) => framed(signRequest(Buffer.from('key'), Buffer.from(text)))

function textOf(request: AgentRequest): string {
  return request.type === 'sign-request' ? Buffer.from(request.data).toString() : request.type
}

/** Serves clients of one agent. */
function createServing(log = silentLogger) {
  const clock = fakeClock()
  const agent = createAgentServer({ log, clock, churn: noChurn })
  return {
    clock,
    connect(handle: (request: AgentRequest) => MaybePromise<AgentResponse>, seat = ownSeat, leave = () => {}) {
      const [client, server] = duplexPair()
      agent.serve(server, { handle, leave, close: () => {} }, seat)
      client.on('error', () => {})
      return { client, server, reader: createFrameReader(client) }
    },
  }
}

const serve = (handle: (request: AgentRequest) => MaybePromise<AgentResponse>, log = silentLogger) =>
  createServing(log).connect(handle)

const echo = (request: AgentRequest) => signatureOf(textOf(request))

/** Answers when the test says so. */
function byHand() {
  const open: { text: string; answer: () => void }[] = []
  const handle = (request: AgentRequest): Promise<AgentResponse> =>
    new Promise((resolve) => {
      const text = textOf(request)
      open.push({ text, answer: () => resolve(signatureOf(text)) })
    })
  return { open, handle }
}

/** Writes as much as the stream takes and as the other side reads. @returns how many bytes that was */
async function writeUntilStuck(client: Duplex, message: Buffer, mostBytes: number): Promise<number> {
  let bytes = 0
  while (bytes < mostBytes) {
    bytes += message.length
    if (client.write(message)) continue
    for (let turn = 0; turn < 50 && client.writableNeedDrain; turn += 1) await settle()
    if (client.writableNeedDrain) break
  }
  return bytes
}

describe('serving a connection', () => {
  it('answers requests in their order, however they arrive', async () => {
    const { client, reader } = serve(echo)
    client.write(Buffer.concat([sign('a'), sign('b')]))
    const third = sign('c')
    client.write(third.subarray(0, 3))
    client.write(third.subarray(3))
    for (const text of ['a', 'b', 'c']) expect(await reader.next()).toEqual(answerOf(text))
  })

  it('keeps the order when an answer takes its time, and begins one request after the other', async () => {
    const { open, handle } = byHand()
    const { client, reader } = serve(handle)
    client.write(Buffer.concat([sign('a'), sign('b')]))
    await settle()
    expect(open.map(({ text }) => text)).toEqual(['a'])
    open[0]!.answer()
    expect(await reader.next()).toEqual(answerOf('a'))
    await settle()
    expect(open.map(({ text }) => text)).toEqual(['a', 'b'])
    open[1]!.answer()
    expect(await reader.next()).toEqual(answerOf('b'))
  })

  it('sends the answers to requests that arrived together in one piece', async () => {
    const { client } = serve(echo)
    client.write(Buffer.concat([sign('a'), sign('b'), sign('c')]))
    const [chunk] = (await once(client, 'data')) as [Buffer]
    expect(chunk).toEqual(Buffer.concat(['a', 'b', 'c'].map((text) => framed(answerOf(text)))))
  })

  it('answers a client that has half-closed, and then ends', async () => {
    const { open, handle } = byHand()
    const { client, reader } = serve(handle)
    client.end(Buffer.concat([sign('a'), sign('b')]))
    await settle()
    open[0]!.answer()
    expect(await reader.next()).toEqual(answerOf('a'))
    await settle()
    open[1]!.answer()
    expect(await reader.next()).toEqual(answerOf('b'))
    expect(await reader.next()).toBeUndefined()
  })

  it.each([
    ['at once', sign('a'), false],
    ['when something more has come meanwhile', Buffer.concat([sign('a'), sign('b').subarray(0, 7)]), true],
  ])('notices that a client goes away before its answer: %s', async (_, sent, isMore) => {
    const { open, handle } = byHand()
    let hasLeft = false
    const { client } = createServing().connect(handle, ownSeat, () => {
      hasLeft = true
    })
    client.write(sent.subarray(0, sign('a').length))
    await settle()
    expect(open).toHaveLength(1)
    if (isMore) client.write(sent.subarray(sign('a').length))
    await settle()
    expect(hasLeft).toBe(false)
    client.end()
    await settle()
    // What has come fills the one chunk that is kept: nothing more is read before the answer.
    expect(hasLeft).toBe(!isMore)
  })

  it('reads one chunk at most while an answer is prepared, and answers what is in it afterwards', async () => {
    const { open, handle } = byHand()
    const { client, reader } = serve(handle)
    client.write(sign('a'))
    await settle()
    const sentBytes = await writeUntilStuck(client, sign('b'), 10_000_000)
    expect(sentBytes).toBeLessThan(1_000_000)
    expect(open).toHaveLength(1)
    open[0]!.answer()
    expect(await reader.next()).toEqual(answerOf('a'))
    await settle()
    open[1]!.answer()
    expect(await reader.next()).toEqual(answerOf('b'))
  })

  it('ends when a client leaves without sending anything', async () => {
    const { client, reader } = serve(echo)
    client.end()
    expect(await reader.next()).toBeUndefined()
  })

  it('ends when a client leaves in the middle of a message', async () => {
    const { client, reader } = serve(echo)
    client.end(sign('a').subarray(0, 7))
    expect(await reader.next()).toBeUndefined()
  })

  it('survives a client that is gone when its answer comes', async () => {
    const { open, handle } = byHand()
    const { client, server } = serve(handle)
    client.write(sign('a'))
    await settle()
    server.destroy(new Error('gone'))
    open[0]!.answer()
    await settle()
    expect(server.destroyed).toBe(true)
  })
})

describe('bad input', () => {
  it('closes the connection when a message is too large, after the answers to those before it', async () => {
    const { client, reader } = serve(echo)
    client.write(Buffer.concat([sign('a'), Buffer.of(0, 4, 0, 1)]))
    expect(await reader.next()).toEqual(answerOf('a'))
    expect(await reader.next()).toBeUndefined()
  })

  it('closes the connection even if an earlier answer took its time', async () => {
    const { open, handle } = byHand()
    const { client, reader, server } = serve(handle)
    client.write(Buffer.concat([sign('a'), Buffer.of(0, 0, 0, 0)]))
    await settle()
    open[0]!.answer()
    expect(await reader.next()).toEqual(answerOf('a'))
    expect(await reader.next()).toBeUndefined()
    await settle()
    expect(server.destroyed).toBe(true)
  })

  it('closes the connection when a message is empty, and says why', async () => {
    const lines: string[] = []
    const log = createLogger({ write: (line) => lines.push(line), level: 'info' })
    const { client, reader } = serve(echo, log)
    client.write(Buffer.of(0, 0, 0, 0))
    expect(await reader.next()).toBeUndefined()
    expect(lines).toEqual(['info: agent connection closed code=FRAME_EMPTY reason="a message is empty"\n'])
  })

  it('answers a message of 256 KiB', async () => {
    const { client, reader } = serve(echo)
    client.write(framed(Buffer.concat([Buffer.of(99), Buffer.alloc(maxFrameBytes - 1)])))
    expect(await reader.next()).toEqual(answerOf('unsupported'))
  })

  it('answers what cannot be decoded with failure, and goes on', async () => {
    const { client, reader } = serve(echo)
    client.write(Buffer.concat([framed(Buffer.of(number.sign, 0, 0, 0, 9)), sign('a')]))
    expect(await reader.next()).toEqual(Buffer.of(5))
    expect(await reader.next()).toEqual(answerOf('a'))
  })

  it('overwrites a message that cannot be decoded: it may hold a key', async () => {
    const { client, reader } = serve(echo)
    const key = generateKeyPairSync('ed25519').privateKey
    const message = framed(Buffer.concat([addKey(key, ''), Buffer.of(3)]))
    const sent = Buffer.from(message)
    client.write(sent)
    expect(await reader.next()).toEqual(Buffer.of(5))
    // The pair of streams hands the very buffer over.
    expect(sent.subarray(4).every((byte) => byte === 0)).toBe(true)
  })

  it('overwrites a message that is not supported: it may hold a key of SSH1', async () => {
    const { client, reader } = serve(echo)
    const sent = Buffer.from(framed(Buffer.of(7, 1, 2, 3)))
    client.write(sent)
    expect(await reader.next()).toEqual(answerOf('unsupported'))
    expect(sent.subarray(4).every((byte) => byte === 0)).toBe(true)
  })

  it('is answered with the failure of an extension only by the session', async () => {
    const { client, reader } = serve(() => ({ type: 'extension-failure' }))
    client.write(framed(extension('query', Buffer.of(1))))
    expect(await reader.next()).toEqual(Buffer.of(28))
    client.write(framed(Buffer.of(number.extension, 0, 0)))
    expect(await reader.next()).toEqual(Buffer.of(5))
  })
})

describe('a client that does not read', () => {
  it('is not read from either, and gets every answer once it reads', async () => {
    const large = 'x'.repeat(10_000)
    let answered = 0
    const { client, server, reader } = serve(() => {
      answered += 1
      return signatureOf(large)
    })
    reader.pause()
    const request = sign(large)
    const sentBytes = await writeUntilStuck(client, request, 4 * 1024 * 1024)
    expect(sentBytes).toBeLessThan(4 * 1024 * 1024)
    // What is held for it is one turn of answers and what the streams themselves hold.
    expect(server.writableLength).toBeLessThan(512 * 1024)
    const sent = sentBytes / request.length
    expect(answered).toBeLessThan(sent)
    reader.resume()
    for (let count = 0; count < sent; count += 1) expect((await reader.next())?.length).toBe(answerOf(large).length)
    expect(answered).toBe(sent)
  })

  it('is not read from either when its answers take their time', async () => {
    const large = 'x'.repeat(10_000)
    let answered = 0
    const { client, server, reader } = serve(async () => {
      answered += 1
      return signatureOf(large)
    })
    reader.pause()
    const requests = 1000
    client.write(Buffer.concat(Array.from({ length: requests }, () => sign('x'))))
    for (let turn = 0; turn < 50; turn += 1) await settle()
    expect(server.writableLength).toBeLessThan(512 * 1024)
    expect(answered).toBeLessThan(requests)
    reader.resume()
    for (let count = 0; count < requests; count += 1) expect((await reader.next())?.length).toBe(answerOf(large).length)
  })

  it('has at most one slow request begun for it', async () => {
    const { open, handle } = byHand()
    const { client } = serve(handle)
    const sentBytes = await writeUntilStuck(client, sign('x'), 4 * 1024 * 1024)
    expect(sentBytes).toBeLessThan(4 * 1024 * 1024)
    expect(open).toHaveLength(1)
  })
})

describe('a client that sends much at once', () => {
  it('gives others a turn', async () => {
    const order: string[] = []
    const handle = (name: string) => (request: AgentRequest) => {
      order.push(name)
      return signatureOf(textOf(request))
    }
    const { connect } = createServing()
    const busy = connect(handle('busy'))
    const quiet = connect(handle('quiet'))
    const requests = 200
    busy.client.write(Buffer.concat(Array.from({ length: requests }, () => sign('a'))))
    quiet.client.write(sign('b'))
    for (let count = 0; count < requests; count += 1) expect(await busy.reader.next()).toEqual(answerOf('a'))
    expect(await quiet.reader.next()).toEqual(answerOf('b'))
    expect(order.indexOf('quiet')).toBeLessThan(100)
  })
})

describe('the log', () => {
  it.each([
    ['a key type', new SshWriter().byte(number.add).string('\u0001'.repeat(200_000)).bytes()],
    ['a constraint', addKey(generateKeyPairSync('ed25519').privateKey, '', { constraints: [longConstraint] })],
  ])('does not repeat at length what a client sends: %s', async (_, message) => {
    const lines: string[] = []
    const log = createLogger({ write: (line) => lines.push(line), level: 'debug' })
    const { client, reader } = serve(echo, log)
    client.write(framed(message))
    expect(await reader.next()).toEqual(Buffer.of(5))
    expect(lines).toHaveLength(1)
    expect(lines[0]!.length).toBeLessThan(1000)
  })
})

describe('passphrases', () => {
  it('do not reach the log when a message is refused', async () => {
    const lines: string[] = []
    const log = createLogger({ write: (line) => lines.push(line), level: 'debug' })
    const { client, reader } = serve(echo, log)
    client.write(framed(Buffer.concat([lockWith('open sesame'), Buffer.of(0)])))
    expect(await reader.next()).toEqual(Buffer.of(5))
    expect(lines.join('')).toContain('WIRE_TRAILING_BYTES')
    expect(lines.join('')).not.toContain('sesame')
  })
})
