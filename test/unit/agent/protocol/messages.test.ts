import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { type AgentRequest, decodeRequest, encodeResponse } from '../../../../src/agent/protocol/messages.ts'
import type { CodedError } from '../../../../src/core/errors.ts'
import { importPrivateKey } from '../../../../src/ssh/private-key.ts'
import { decodePublicKey } from '../../../../src/ssh/public-key.ts'
import { SshError, SshReader, SshWriter } from '../../../../src/ssh/wire.ts'
import {
  addKey,
  empty,
  extension,
  lockWith,
  number,
  readIdentities,
  readSignature,
  removeKey,
  signRequest,
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
    ['add-smartcard', 'unsupported'],
  ])('is decoded: %s is a %s', (name, type) => {
    expect(requestOf(name).type).toBe(type)
  })

  it.each(plainAddVectors)('holds a key that can be imported, and its comment: %s', (name) => {
    const { key, comment, constraints } = addOf(name)
    const kind = name.replace(/^add-/, '')
    expect(comment).toBe(`${kind.replace('-cert', '')}@example.com`)
    expect(constraints).toEqual({ lifetimeSeconds: undefined })
    const { publicKey, blob } = importPrivateKey(key)
    const isCertified = kind.endsWith('-cert')
    expect(new SshReader(blob).text()).toBe(isCertified ? key.type.certificateName : publicKey.type)
  })

  it('holds a lifetime in seconds', () => {
    expect(addOf('add-lifetime').constraints).toEqual({ lifetimeSeconds: 3600 })
    expect(addOf('add-lifetime-cert').constraints).toEqual({ lifetimeSeconds: 3600 })
  })

  it.each(['add-confirm', 'add-destination'])('holds a constraint that cannot be kept: %s', (name) => {
    expect(codeOf(agentVector(name, 'request'))).toBe('CONSTRAINT_UNSUPPORTED')
  })

  it('asks for SHA-2 when it has an RSA key signed with', () => {
    const request = requestOf('sign-rsa')
    expect(request).toMatchObject({ type: 'sign-request', flags: expect.any(Number) })
    expect(decodePublicKey((request as AgentRequest & { type: 'sign-request' }).keyBlob).type).toBe('ssh-rsa')
  })

  it('keeps a passphrase where it does not print', () => {
    const request = requestOf('lock')
    expect(JSON.stringify(request)).toBe('{"type":"lock","passphrase":"[redacted]"}')
    expect(request.type === 'lock' && Buffer.from(request.passphrase.expose()).toString()).toBe('passphrase')
  })
})

describe('what ssh-agent answered', () => {
  const body = (frame: Uint8Array) => {
    const reader = new SshReader(frame)
    const message = reader.string()
    reader.end()
    return Buffer.from(message)
  }

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

describe('a request', () => {
  it.each([1, 3, 7, 8, 20, 21, 24, 26, 240, 255])(
    'of a number that is not supported is no error: %i',
    (messageNumber) => {
      const message = Buffer.of(messageNumber, 1, 2, 3)
      expect(decodeRequest(message)).toEqual({ type: 'unsupported', messageNumber })
    },
  )

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

  // The body of an extension is its own business, and a message that is not supported has none.
  const closed = agentVectors.filter((name) => !/^(bind-|add-smartcard)/.test(name))
  it.each(closed)('that is cut short is refused wherever it is cut: %s', (name) => {
    const whole = agentVector(name, 'request')
    const codes = Array.from({ length: whole.length - 1 }, (_, index) =>
      codeOf(Uint8Array.from(whole.subarray(0, index + 1))),
    )
    // Without its constraints an add is whole: nobody can tell that some were meant to follow.
    const wholeWithout = /^add-(lifetime|confirm|destination)/.test(name) ? 1 : 0
    expect(codes.filter((code) => code === undefined)).toHaveLength(wholeWithout)
  })

  it('with a comment that is not UTF-8 is shown with replacement characters', () => {
    const { key } = { key: importPrivateKey(addOf('add-ed25519').key).privateKey }
    expect(decodeRequest(addKey(key, Buffer.of(0x6a, 0xff)))).toMatchObject({ comment: 'j\uFFFD' })
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
