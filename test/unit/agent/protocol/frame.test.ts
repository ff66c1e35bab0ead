import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { createFrameDecoder, maxFrameBytes } from '../../../../src/agent/protocol/frame.ts'

function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}

/** All messages that come out when the stream arrives in these chunks. */
function decode(chunks: readonly Uint8Array[], maxBytes = maxFrameBytes): Buffer[] {
  const decoder = createFrameDecoder(maxBytes)
  const messages: Buffer[] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      messages.push(Buffer.from(message))
    }
  }
  return messages
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(AgentError)
    return (error as AgentError).code
  }
}

describe('a frame decoder', () => {
  it('finds the same messages however the stream is cut', () => {
    const message = fc.uint8Array({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(400)), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(framed))
        const places = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length]
        const chunks = places.slice(1).map((end, index) => stream.subarray(places[index], end))
        expect(decode(chunks)).toEqual(messages.map((bytes) => Buffer.from(bytes)))
      }),
      { seed: 9, numRuns: 500 },
    )
  })

  it('finds messages that come byte by byte', () => {
    const stream = Buffer.concat([framed(Buffer.of(11)), framed(Buffer.from('hello'))])
    expect(decode([...stream].map((byte) => Buffer.of(byte)))).toEqual([Buffer.of(11), Buffer.from('hello')])
  })

  it('copies nothing when a message arrives whole', () => {
    const chunk = framed(Buffer.of(1, 2, 3))
    const decoder = createFrameDecoder(maxFrameBytes)
    decoder.push(chunk)
    expect(decoder.next()?.buffer).toBe(chunk.buffer)
  })

  it('takes a message of 256 KiB, in one chunk or in many', () => {
    const stream = framed(Buffer.alloc(maxFrameBytes, 5))
    expect(decode([stream])[0]).toHaveLength(262_144)
    expect(decode([stream.subarray(0, 2), stream.subarray(2, 70_000), stream.subarray(70_000)])[0]).toHaveLength(
      262_144,
    )
  })

  it('refuses one byte more as soon as it reads the length', () => {
    expect(codeOf(() => decode([Buffer.of(0, 4, 0, 1)]))).toBe('FRAME_TOO_LARGE')
    expect(codeOf(() => decode([Buffer.of(0, 4), Buffer.of(0, 1)]))).toBe('FRAME_TOO_LARGE')
    expect(codeOf(() => decode([Buffer.of(0xff, 0xff, 0xff, 0xff, 1)]))).toBe('FRAME_TOO_LARGE')
  })

  it('refuses a message without a number', () => {
    expect(codeOf(() => decode([Buffer.of(0, 0, 0, 0)]))).toBe('FRAME_EMPTY')
  })

  it('gives the messages before a bad one first', () => {
    const decoder = createFrameDecoder(10)
    decoder.push(Buffer.concat([framed(Buffer.of(11)), Buffer.of(0, 0, 0, 11)]))
    expect(decoder.next()).toEqual(Buffer.of(11))
    expect(codeOf(() => decoder.next())).toBe('FRAME_TOO_LARGE')
  })

  it('takes no memory for what has only been announced', () => {
    const decoder = createFrameDecoder(maxFrameBytes)
    decoder.push(Buffer.of(0, 4, 0, 0, 13))
    expect(decoder.next()).toBeUndefined()
    expect(decoder.isWithinMessage()).toBe(true)
    expect(decoder.heldBytes()).toBeLessThan(16)
    decoder.push(Buffer.alloc(1000))
    expect(decoder.next()).toBeUndefined()
    expect(decoder.heldBytes()).toBeLessThan(4096)
  })

  it('holds no more than a message, however much of it has arrived', () => {
    const decoder = createFrameDecoder(maxFrameBytes)
    decoder.push(Buffer.of(0, 4, 0, 0))
    decoder.next()
    for (let part = 0; part < 12; part += 1) {
      decoder.push(Buffer.alloc(21_845))
      expect(decoder.next()).toBeUndefined()
      expect(decoder.heldBytes()).toBeLessThanOrEqual(maxFrameBytes)
    }
  })

  it('lets go of a chunk that is used up', () => {
    const decoder = createFrameDecoder(maxFrameBytes)
    decoder.push(framed(Buffer.alloc(60_000, 1)))
    expect(decoder.next()).toHaveLength(60_000)
    expect(decoder.heldBytes()).toBeGreaterThan(0)
    expect(decoder.next()).toBeUndefined()
    expect(decoder.heldBytes()).toBe(0)
    expect(decoder.isWithinMessage()).toBe(false)
  })
})
