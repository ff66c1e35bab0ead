import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { commentBytes } from '../../../../src/agent/protocol/comment.ts'
import type { AgentRequest } from '../../../../src/agent/protocol/messages.ts'
import { decodeRequest, encodeRequest } from '../../../../src/agent/protocol/requests.ts'
import type { CodedError } from '../../../../src/core/errors.ts'
import { importPrivateKey } from '../../../../src/ssh/private-key.ts'
import { decodePublicKey } from '../../../../src/ssh/public-key.ts'
import { SshError, SshReader } from '../../../../src/ssh/wire.ts'
import {
  addKey,
  addSkKey,
  addToken,
  confirm,
  empty,
  extension,
  lifetime,
  lockWith,
  number,
  removeKey,
  removeToken,
  signRequest,
  skKeyBlob,
  unlockWith,
} from '../../../support/agent-messages.ts'
import { agentVector, agentVectors, plainAddVectors } from '../../../support/agent-vectors.ts'

const requestOf = (name: string) => decodeRequest(agentVector(name, 'request'))

function addOf(name: string) {
  const request = requestOf(name)
  if (request.type !== 'add-identity') throw new Error(`${name} is ${request.type}`)
  return request
}

function codeOf(message: Uint8Array): string | undefined {
  try {
    decodeRequest(message)
    return undefined
  } catch (error) {
    if (!(error instanceof AgentError)) expect(error).toBeInstanceOf(SshError)
    return (error as CodedError).code
  }
}

describe('what OpenSSH sends', () => {
  it.each([
    ['list', 'request-identities'],
    ['sign-ed25519', 'sign-request'],
    ['sign-login', 'sign-request'],
    ['sign-sshsig', 'sign-request'],
    ['add-ed25519', 'add-identity'],
    ['add-lifetime', 'add-identity'],
    ['remove', 'remove-identity'],
    ['remove-cert', 'remove-identity'],
    ['remove-all', 'remove-all-identities'],
    ['remove-all-ssh1', 'remove-all-identities'],
    ['lock', 'lock'],
    ['unlock', 'unlock'],
    ['bind-ed25519', 'extension'],
    ['add-smartcard', 'add-token'],
  ])('is decoded: %s is a %s', (name, type) => {
    expect(requestOf(name).type).toBe(type)
  })

  it.each(plainAddVectors)('holds a key that can be imported, and its comment: %s', (name) => {
    const { key, comment, constraints } = addOf(name)
    const kind = name.replace(/^add-/, '')
    expect(comment).toBe(`${kind.replace('-cert', '')}@example.com`)
    expect(constraints).toEqual({ lifetimeSeconds: undefined, mustConfirm: false, destinations: undefined })
    const { publicKey, blob } = importPrivateKey(key)
    const isCertified = kind.endsWith('-cert')
    expect(new SshReader(blob).text()).toBe(isCertified ? key.type.certificateName : publicKey.type)
  })

  it('holds a lifetime in seconds', () => {
    expect(addOf('add-lifetime').constraints).toEqual({
      lifetimeSeconds: 3600,
      mustConfirm: false,
      destinations: undefined,
    })
    expect(addOf('add-lifetime-cert').constraints).toEqual({
      lifetimeSeconds: 3600,
      mustConfirm: false,
      destinations: undefined,
    })
  })

  it('may want each use to be confirmed', () => {
    expect(addOf('add-confirm').constraints).toEqual({
      lifetimeSeconds: undefined,
      mustConfirm: true,
      destinations: undefined,
    })
  })

  it('may name where the key may be used', () => {
    const [destination] = addOf('add-destination').constraints.destinations!
    expect(destination).toMatchObject({ from: undefined, to: { hostname: 'example.com' }, user: undefined })
  })

  it('asks for SHA-2 when it has an RSA key signed with', () => {
    const request = requestOf('sign-rsa')
    expect(request).toMatchObject({ type: 'sign-request', flags: expect.any(Number) })
    expect(decodePublicKey((request as AgentRequest & { type: 'sign-request' }).keyBlob).type).toBe('ssh-rsa')
  })

  it('keeps a passphrase where it cannot be printed', () => {
    const request = requestOf('lock')
    expect(JSON.stringify(request)).toBe('{"type":"lock","passphrase":"[redacted]"}')
    expect(request.type === 'lock' && Buffer.from(request.passphrase.expose()).toString()).toBe('passphrase')
  })
})

describe('a request', () => {
  it.each([1, 3, 7, 8, 24, 240, 255])('with an unsupported number is not an error: %i', (messageNumber) => {
    const message = Buffer.of(messageNumber, 1, 2, 3)
    expect(decodeRequest(message)).toEqual({ type: 'unsupported', messageNumber })
  })

  it('of message 9 removes everything, as message 19 does', () => {
    expect(decodeRequest(empty(number.removeAllRsa))).toEqual({ type: 'remove-all-identities' })
    expect(decodeRequest(empty(number.removeAll))).toEqual({ type: 'remove-all-identities' })
  })

  const blob = Buffer.from('blob')
  it.each([
    ['list', empty(number.list)],
    ['sign', signRequest(blob, Buffer.from('data'))],
    ['remove', removeKey(blob)],
    ['remove all', empty(number.removeAll)],
    ['remove all of SSH1', empty(number.removeAllRsa)],
    ['lock', lockWith('x')],
    ['unlock', unlockWith('x')],
  ])('with a byte too many is refused: %s', (_, message) => {
    expect(codeOf(message)).toBeUndefined()
    expect(codeOf(Buffer.concat([message, Buffer.of(0)]))).toBe('WIRE_TRAILING_BYTES')
  })

  // The body of an extension is its own business.
  const closed = agentVectors.filter((name) => !name.startsWith('bind-'))
  it.each(closed)('that is cut short is refused wherever it is cut: %s', (name) => {
    const whole = agentVector(name, 'request')
    const codes = Array.from({ length: whole.length - 1 }, (_, index) =>
      codeOf(Uint8Array.from(whole.subarray(0, index + 1))),
    )
    // Without its constraints an add is whole: nobody can tell that some were meant to follow.
    const wholeWithout = /^add-(lifetime|confirm|destination)/.test(name) ? 1 : 0
    expect(codes.filter((code) => code === undefined)).toHaveLength(wholeWithout)
  })

  it.each([
    ['a security key', addSkKey(), { type: 'add-sk-key', keyBlob: skKeyBlob, isConstrained: false }],
    ['one for an hour', addSkKey([lifetime(3600)]), { type: 'add-sk-key', isConstrained: true }],
    ['a token', addToken('/lib.so', '1234'), { type: 'add-token', isConstrained: false }],
    ['one that is confirmed', addToken('/lib.so', '1234', [confirm]), { type: 'add-token', isConstrained: true }],
    ['removing a token', removeToken('/lib.so'), { type: 'remove-token', provider: Buffer.from('/lib.so') }],
  ])('about a key in hardware is as it came for the agent that takes it, and prints no PIN: %s', (_, message, form) => {
    const copy = Uint8Array.from(message)
    const request = decodeRequest(message)
    expect(request).toMatchObject(form)
    expect(JSON.stringify(request)).toContain('"contents":"[redacted]"')
    if (request.type === 'unsupported') throw new Error('it is not supported')
    expect(Buffer.from(new SshReader(encodeRequest(request)).string()).equals(copy)).toBe(true)
  })

  it('about a key in hardware is refused where its key or its library cannot be read', () => {
    for (const message of [addSkKey().subarray(0, 60), addToken('/lib.so', '').subarray(0, 12), Buffer.of(21)])
      expect(codeOf(message)).toBe('WIRE_TRUNCATED')
  })

  it('with a comment that is not UTF-8 keeps its bytes', () => {
    const key = importPrivateKey(addOf('add-ed25519').key).privateKey
    const commentOf = (bytes: Uint8Array) => {
      const request = decodeRequest(addKey(key, bytes))
      if (request.type !== 'add-identity') throw new Error(request.type)
      return request.comment
    }
    const large = Buffer.alloc(200_000, 0xff)
    const texts = [Buffer.of(0x6a, 0xff), Buffer.of(0xff, 0xc3, 0xbc, 0x80), Buffer.from('Jürgen 🔑\ufeff'), large]
    for (const bytes of texts) expect(Buffer.from(commentBytes(commentOf(bytes))).equals(bytes)).toBe(true)
    expect(commentOf(Buffer.from('Jürgen 🔑'))).toBe('Jürgen 🔑')
  })

  it('of an extension keeps its body as it is', () => {
    expect(decodeRequest(extension('x@example.com', Buffer.of(1, 2)))).toEqual({
      type: 'extension',
      name: 'x@example.com',
      contents: Buffer.of(1, 2),
    })
    expect(codeOf(Buffer.of(number.extension, 0, 0, 0, 9))).toBe('WIRE_TRUNCATED')
  })

  it('of random bytes is decoded or refused with an error of ours', () => {
    const messageNumber = fc.constantFrom(...Object.values(number))
    fc.assert(
      fc.property(messageNumber, fc.uint8Array({ maxLength: 200 }), (first, rest) => {
        codeOf(Buffer.concat([Buffer.of(first), rest]))
      }),
      { seed: 10, numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.constantFrom(...agentVectors), fc.nat(), fc.nat(255), (name, place, value) => {
        const message = agentVector(name, 'request')
        message[place % message.length] = value
        codeOf(message)
      }),
      { seed: 11, numRuns: 1000 },
    )
  })
})

describe('a request that is encoded', () => {
  const again = (message: Uint8Array): Uint8Array => {
    const request = decodeRequest(message)
    if (request.type === 'unsupported') throw new Error('it is not supported')
    const reader = new SshReader(encodeRequest(request))
    const encoded = reader.string()
    reader.end()
    return encoded
  }

  // ssh-add -D sends message 9 beside 19.
  const encodable = agentVectors.filter((name) => !name.endsWith('ssh1'))
  it.each(encodable)('has the bytes of OpenSSH: %s', (name) => {
    expect(Buffer.from(again(agentVector(name, 'request')))).toEqual(agentVector(name, 'request'))
  })

  it('has the bytes of OpenSSH for every kind of request', () => {
    expect(new Set(encodable.map((name) => requestOf(name).type)).size).toBe(9)
  })

  it.each([
    ['an ECDSA number with its high bit set', { namedCurve: 'P-256' }],
    ['a long ECDSA number', { namedCurve: 'P-521' }],
  ])('holds the same key: %s', (_, { namedCurve }) => {
    for (let round = 0; round < 20; round += 1) {
      const message = addKey(generateKeyPairSync('ec', { namedCurve }).privateKey, 'jo')
      const copy = Uint8Array.from(message)
      expect(Buffer.from(again(message)).equals(copy)).toBe(true)
    }
  })

  it('is read back as it was, whatever it holds', () => {
    const bytes = fc.uint8Array({ maxLength: 64 })
    const requests: fc.Arbitrary<Exclude<AgentRequest, { type: 'unsupported' | 'add-identity' }>> = fc.oneof(
      fc.record({
        type: fc.constant('sign-request' as const),
        keyBlob: bytes,
        data: bytes,
        flags: fc.nat(0xffffffff),
      }),
      fc.record({ type: fc.constant('remove-identity' as const), keyBlob: bytes }),
      fc.record({ type: fc.constant('extension' as const), name: fc.string(), contents: bytes }),
    )
    fc.assert(
      fc.property(requests, (request) => {
        expect(plain(decodeRequest(new SshReader(encodeRequest(request)).string()))).toEqual(plain(request))
      }),
      { seed: 12, numRuns: 500 },
    )
  })
})

/** Buffers and other byte arrays alike. */
function plain(request: AgentRequest): unknown {
  return Object.entries(request).map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value])
}
