import { duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createAgentServer } from '../../../../src/agent/connection/serve.ts'
import type { MaybePromise } from '../../../../src/agent/keys/key-store.ts'
import type { AgentRequest, AgentResponse } from '../../../../src/agent/protocol/messages.ts'
import { createLogger, silentLogger } from '../../../../src/core/log.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { empty, number } from '../../../support/agent-messages.ts'
import { createFrameReader, framed } from '../../../support/agent-stream.ts'
import { noChurn } from '../../../support/churn.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { capturingSeat } from '../../../support/seats.ts'

const list = framed(empty(number.list))
const halfSent = list.subarray(0, 4)
const success: AgentResponse = { type: 'success' }
const large: AgentResponse = { type: 'sign-response', signature: Buffer.alloc(100_000) }

function setUp() {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'info' })
  const agent = createAgentServer({ log, clock, churn: noChurn })
  const connect = (handle: (request: AgentRequest) => MaybePromise<AgentResponse> = () => success) => {
    const [client, server] = duplexPair()
    const seat = capturingSeat()
    let isClosed = false
    const session = {
      handle,
      leave() {},
      close() {
        isClosed = true
      },
    }
    agent.serve(server, session, seat)
    client.on('error', () => {})
    return { client, server, seat, isClosed: () => isClosed }
  }
  return { clock, lines, connect }
}

/** Lets what was written arrive, and what was destroyed close. */
async function arrive(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await settle()
}

describe('the time of a message', () => {
  it('counts from its first byte, however recent the last byte is', async () => {
    const { clock, connect, lines } = setUp()
    const { client, server } = connect()
    const whole = framed(Buffer.alloc(100, 99))
    for (let byte = 0; byte < 30; byte += 1) {
      client.write(whole.subarray(byte, byte + 1))
      await arrive()
      expect(server.destroyed).toBe(false)
      clock.advance(1_000)
    }
    expect(server.destroyed).toBe(true)
    expect(lines).toEqual(['info: agent connection closed reason="a message was not complete after 30 s"\n'])
  })

  it('starts again for the next message', async () => {
    const { clock, connect } = setUp()
    const { client, server } = connect()
    client.write(halfSent)
    await arrive()
    clock.advance(20_000)
    client.write(Buffer.concat([list.subarray(4), halfSent]))
    await arrive()
    clock.advance(29_999)
    expect(server.destroyed).toBe(false)
    clock.advance(1)
    expect(server.destroyed).toBe(true)
  })

  it.each([
    ['before its first request', ''],
    ['after a whole request', list],
  ])('does not count %s: an idle connection is never closed', async (_, bytes) => {
    const { clock, connect } = setUp()
    const { client, server } = connect()
    client.resume().write(bytes)
    await arrive()
    expect(clock.pendingTimers()).toBe(0)
    clock.advance(7 * 24 * 3_600_000)
    expect(server.destroyed).toBe(false)
  })

  it('does not count while an answer takes its time', async () => {
    const { clock, connect } = setUp()
    let answer = (_response: AgentResponse) => {}
    const { client, server } = connect(() => new Promise((resolve) => (answer = resolve)))
    const reader = createFrameReader(client)
    client.write(Buffer.concat([list, halfSent]))
    await arrive()
    clock.advance(3_600_000)
    answer(success)
    expect(await reader.next()).toEqual(Buffer.of(6))
    await arrive()
    clock.advance(30_000)
    expect(server.destroyed).toBe(true)
  })
})

describe('answers that nobody reads', () => {
  it('end the connection after a while', async () => {
    const { clock, connect, lines } = setUp()
    const { client, server } = connect(() => large)
    client.write(Buffer.concat([list, list, list]))
    await arrive()
    clock.advance(59_999)
    expect(server.destroyed).toBe(false)
    clock.advance(1)
    expect(server.destroyed).toBe(true)
    expect(lines.join('')).toContain('answers were not read for 60 s')
  })

  it('end it even when it is closing because of a protocol error', async () => {
    const { clock, connect } = setUp()
    const { client, server } = connect(() => large)
    client.write(Buffer.concat([list, Buffer.alloc(4)]))
    await arrive()
    expect(server.destroyed).toBe(false)
    clock.advance(60_000)
    expect(server.destroyed).toBe(true)
  })

  it('end nothing once they are read', async () => {
    const { clock, connect } = setUp()
    const { client, server } = connect(() => large)
    const reader = createFrameReader(client)
    reader.pause()
    client.write(Buffer.concat([list, list]))
    await arrive()
    reader.resume()
    expect((await reader.next())?.length).toBe(100_005)
    expect((await reader.next())?.length).toBe(100_005)
    await arrive()
    expect(clock.pendingTimers()).toBe(0)
    expect(server.destroyed).toBe(false)
  })
})

describe('the memory of all connections', () => {
  it('is bounded: the connection with the oldest half-sent message has to go, an idle one never', async () => {
    const { connect, lines } = setUp()
    const idle = connect()
    idle.client.resume().write(list)
    const half = framed(Buffer.alloc(200_000)).subarray(0, 150_000)
    const count = 16 * 5 + 10
    const many: ReturnType<typeof connect>[] = []
    for (let index = 0; index < count; index += 1) {
      many.push(connect())
      many[index]!.client.write(Buffer.from(half))
      await arrive()
    }
    const gone = many.map(({ server }) => server.destroyed)
    const firstKept = gone.indexOf(false)
    // 200,000 bytes are set aside for each.
    expect(count - firstKept).toBe(Math.floor((16 * 1024 * 1024) / 200_000))
    expect(gone.lastIndexOf(true)).toBe(firstKept - 1)
    expect(idle.server.destroyed).toBe(false)
    expect(lines.at(-1)).toContain('the clients together hold too much memory')
  })

  it('is not taken by announced lengths', async () => {
    const { connect } = setUp()
    const many = Array.from({ length: 500 }, () => connect())
    for (const { client } of many) client.write(Buffer.of(0, 4, 0, 0, 13))
    await arrive()
    expect(many.filter(({ server }) => server.destroyed)).toEqual([])
  })
})

describe('the seat of a connection', () => {
  it('is told what the connection is doing, and the session when it has closed', async () => {
    const { connect } = setUp()
    let answer = (_response: AgentResponse) => {}
    const { client, server, seat, isClosed } = connect(() => new Promise((resolve) => (answer = resolve)))
    client.resume().write(halfSent)
    await arrive()
    client.write(list.subarray(4))
    await arrive()
    answer(success)
    await arrive()
    expect(seat.marks).toEqual(['unfinished', 'busy', 'idle'])
    expect(isClosed()).toBe(false)
    server.destroy()
    await arrive()
    expect(isClosed()).toBe(true)
  })

  it('is not updated for every byte of a message', async () => {
    const { connect } = setUp()
    const { client, seat } = connect()
    for (let byte = 0; byte < 4; byte += 1) {
      client.write(list.subarray(byte, byte + 1))
      await arrive()
    }
    expect(seat.marks).toEqual(['unfinished'])
  })

  it('is updated for each request of an idle one', async () => {
    const { connect } = setUp()
    const { client, seat } = connect()
    client.resume()
    for (let request = 0; request < 2; request += 1) {
      client.write(list)
      await arrive()
    }
    expect(seat.marks).toEqual(['idle', 'idle'])
  })
})

describe('clients that ask without pause', () => {
  it('share a round: each has at least one request', async () => {
    const order: number[] = []
    const { connect } = setUp()
    const flood = Buffer.concat(Array.from({ length: 100 }, () => list))
    for (let client = 0; client < 40; client += 1) {
      const handle = (): AgentResponse => {
        order.push(client)
        return success
      }
      connect(handle).client.resume().write(flood)
    }
    for (let turn = 0; turn < 200; turn += 1) await settle()
    expect(order).toHaveLength(4_000)
    // Once all are waiting for their turn, nobody has a second one before everybody had a first one.
    const round = order.slice(2_000, 2_040)
    expect(new Set(round).size).toBe(40)
  })

  it('give others a turn even if their answers are promises that resolve at once', async () => {
    const order: string[] = []
    const { connect } = setUp()
    const handle = (name: string) => async (): Promise<AgentResponse> => {
      order.push(name)
      return success
    }
    const [busy, quiet] = [connect(handle('busy')), connect(handle('quiet'))]
    busy.client.resume().write(Buffer.concat(Array.from({ length: 500 }, () => list)))
    quiet.client.resume().write(list)
    for (let turn = 0; turn < 100; turn += 1) await settle()
    expect(order).toHaveLength(501)
    expect(order.indexOf('quiet')).toBeLessThan(100)
  })

  it('give others a turn after one request if each takes its time', async () => {
    const order: string[] = []
    const { clock, connect } = setUp()
    const handle = (name: string, ms: number) => (): AgentResponse => {
      order.push(name)
      clock.advance(ms)
      return success
    }
    const [busy, quiet] = [connect(handle('busy', 9)), connect(handle('quiet', 0))]
    busy.client.resume().write(Buffer.concat(Array.from({ length: 30 }, () => list)))
    quiet.client.resume().write(list)
    for (let turn = 0; turn < 100; turn += 1) await settle()
    expect(order).toHaveLength(31)
    expect(order.indexOf('quiet')).toBe(1)
  })

  it('have as many requests in a turn even if the clock is set back meanwhile', async () => {
    const order: string[] = []
    let nowMs = 0
    const agent = createAgentServer({ log: silentLogger, clock: { ...fakeClock(), now: () => nowMs }, churn: noChurn })
    const connect = (name: string) => {
      const [client, server] = duplexPair()
      const handle = (): AgentResponse => {
        order.push(name)
        nowMs -= 1_000
        return success
      }
      agent.serve(server, { handle, leave: () => {}, close: () => {} }, capturingSeat())
      client.resume().write(Buffer.concat(Array.from({ length: 30 }, () => list)))
    }
    connect('first')
    connect('second')
    for (let turn = 0; turn < 100; turn += 1) await settle()
    expect(order.indexOf('second')).toBe(16)
  })
})
