import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import type { AgentResponse } from '../../../../src/agent/protocol/messages.ts'
import { decodeResponse, encodeResponse } from '../../../../src/agent/protocol/responses.ts'
import { SshError, SshReader, SshWriter } from '../../../../src/ssh/wire.ts'
import { readIdentities, readSignature } from '../../../support/agent-messages.ts'
import { agentVector, agentVectors } from '../../../support/agent-vectors.ts'

/** The message in a frame. */
function body(frame: Uint8Array): Buffer {
  const reader = new SshReader(frame)
  const message = reader.string()
  reader.end()
  return Buffer.from(message)
}

function codeOf(message: Uint8Array): string | undefined {
  try {
    decodeResponse(message)
    return undefined
  } catch (error) {
    if (error instanceof AgentError || error instanceof SshError) return error.code
    throw error
  }
}

describe('what ssh-agent answered', () => {
  it('is encoded byte for byte: a list', () => {
    const identities = readIdentities(agentVector('list', 'response')).map(({ keyBlob, comment }) => ({
      keyBlob,
      comment,
    }))
    expect(identities).toHaveLength(10)
    expect(body(encodeResponse({ type: 'identities-answer', identities }))).toEqual(agentVector('list', 'response'))
  })

  it.each(agentVectors.filter((name) => name.startsWith('sign-')))('is encoded byte for byte: %s', (name) => {
    const signature = readSignature(agentVector(name, 'response'))
    expect(body(encodeResponse({ type: 'sign-response', signature }))).toEqual(agentVector(name, 'response'))
  })

  it('is encoded byte for byte: success and failure', () => {
    expect(body(encodeResponse({ type: 'success' }))).toEqual(agentVector('remove', 'response'))
    expect(body(encodeResponse({ type: 'failure' }))).toEqual(agentVector('add-smartcard', 'response'))
  })

  it.each(agentVectors)('is decoded to what is encoded again byte for byte: %s', (name) => {
    expect(body(encodeResponse(decodeResponse(agentVector(name, 'response'))))).toEqual(agentVector(name, 'response'))
  })
})

describe('an answer', () => {
  it('to an extension has a number of its own, for failure and for contents', () => {
    expect(encodeResponse({ type: 'extension-failure' })).toEqual(Buffer.of(0, 0, 0, 1, 28))
    const contents = new SshWriter().string('x').bytes()
    const expected = new SshWriter().string(new SshWriter().byte(29).string('query').raw(contents).bytes()).bytes()
    expect(encodeResponse({ type: 'extension-response', name: 'query', contents })).toEqual(expected)
  })

  it('may be an empty list', () => {
    expect(encodeResponse({ type: 'identities-answer', identities: [] })).toEqual(Buffer.of(0, 0, 0, 5, 12, 0, 0, 0, 0))
  })

  it('counts comments in bytes, not in characters', () => {
    const identities = [{ keyBlob: new SshWriter().string('t').bytes(), comment: 'Jürgen 🔑' }]
    const frame = encodeResponse({ type: 'identities-answer', identities })
    const [listed] = readIdentities(frame.subarray(4))
    expect(Buffer.from(listed!.comment, 'latin1').toString('utf8')).toBe('Jürgen 🔑')
  })

  it('for a list is encoded once as long as the list stays', () => {
    const identities = [{ keyBlob: Buffer.of(1), comment: 'x' }]
    const frame = encodeResponse({ type: 'identities-answer', identities })
    expect(encodeResponse({ type: 'identities-answer', identities })).toBe(frame)
    expect(encodeResponse({ type: 'identities-answer', identities: [...identities] })).not.toBe(frame)
  })
})

describe('an answer of another agent', () => {
  it.each([0, 1, 7, 11, 13, 27, 30, 255])('is refused if its number is not that of an answer: %i', (messageNumber) => {
    expect(codeOf(Buffer.of(messageNumber))).toBe('RESPONSE_UNKNOWN')
  })

  it('that is empty is refused', () => {
    expect(codeOf(new Uint8Array(0))).toBe('WIRE_TRUNCATED')
  })

  // The contents of an extension are its own business.
  it.each(agentVectors)('is refused with a byte too many or wherever it is cut: %s', (name) => {
    const whole = agentVector(name, 'response')
    expect(codeOf(Buffer.concat([whole, Buffer.of(0)]))).toBe('WIRE_TRAILING_BYTES')
    for (let length = 1; length < whole.length; length += 1) {
      expect(codeOf(whole.subarray(0, length))).toBe('WIRE_TRUNCATED')
    }
  })

  it('that announces more identities than it has is refused before room is made for them', () => {
    expect(codeOf(new SshWriter().byte(12).uint32(0xffffffff).bytes())).toBe('WIRE_TRUNCATED')
  })

  it('with a comment that is not UTF-8 keeps its bytes', () => {
    const message = new SshWriter().byte(12).uint32(1).string('blob').string(Buffer.of(0x6a, 0xff)).bytes()
    const response = decodeResponse(message)
    if (response.type !== 'identities-answer') throw new Error(response.type)
    expect(Buffer.from(encodeResponse(response)).subarray(4)).toEqual(Buffer.from(message))
  })

  it('to an extension keeps its contents as they are', () => {
    const message = new SshWriter().byte(29).string('query').raw(Buffer.of(1, 2)).bytes()
    expect(decodeResponse(message)).toEqual({
      type: 'extension-response',
      name: 'query',
      contents: Buffer.of(1, 2),
    })
    expect(decodeResponse(Buffer.of(28))).toEqual({ type: 'extension-failure' })
  })

  it('is read back as it was, whatever it holds, or refused with an error of ours', () => {
    const bytes = fc.uint8Array({ maxLength: 64 })
    const responses: fc.Arbitrary<AgentResponse> = fc.oneof(
      fc.record({
        type: fc.constant('identities-answer' as const),
        identities: fc.array(fc.record({ keyBlob: bytes, comment: fc.string() }), { maxLength: 5 }),
      }),
      fc.record({ type: fc.constant('sign-response' as const), signature: bytes }),
      fc.record({ type: fc.constant('extension-response' as const), name: fc.string(), contents: bytes }),
    )
    const seeded = { seed: 13, numRuns: 500 }
    fc.assert(
      fc.property(responses, (response) => {
        const frame = encodeResponse(response)
        expect(Buffer.from(encodeResponse(decodeResponse(body(frame))))).toEqual(Buffer.from(frame))
      }),
      seeded,
    )
    fc.assert(
      fc.property(fc.constantFrom(5, 6, 12, 14, 28, 29), bytes, (number, rest) => {
        codeOf(Buffer.concat([Buffer.of(number), rest]))
      }),
      seeded,
    )
  })
})
