import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { createSessionBindings, type SessionBinding } from '../../../../src/agent/connection/session-bind.ts'
import { decodeRequest } from '../../../../src/agent/protocol/requests.ts'
import type { CodedError } from '../../../../src/core/errors.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { signData } from '../../../../src/ssh/signature.ts'
import { SshError, SshWriter } from '../../../../src/ssh/wire.ts'
import { certifyForTest } from '../../../support/agent-issuer.ts'
import { bindContents } from '../../../support/agent-messages.ts'
import { agentVector, bindVectors } from '../../../support/agent-vectors.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { truncations } from '../../../support/ssh-vectors.ts'

const host = generateKeyPairSync('ed25519').privateKey
const otherHost = generateKeyPairSync('ed25519').privateKey
const rsaHost = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

interface Bind {
  key?: KeyObject
  sessionId?: Uint8Array
  isForwarding?: boolean
  algorithm?: string
  hostKeyBlob?: Uint8Array
  signature?: Uint8Array
}

function contentsOf(bind: Bind = {}): Uint8Array {
  const { key = host, sessionId = Buffer.alloc(32, 1), isForwarding = false, algorithm = 'ssh-ed25519' } = bind
  const hostKeyBlob = bind.hostKeyBlob ?? publicKeyFromKeyObject(key).blob
  const signature = bind.signature ?? signData(key, algorithm, sessionId)
  return bindContents({ hostKeyBlob, sessionId, signature, isForwarding })
}

const session = (byte: number) => Buffer.alloc(32, byte)

/** The bindings of a connection on which these binds came; the last may be refused. */
function bound(...binds: Bind[]) {
  const bindings = createSessionBindings()
  for (const bind of binds) bindings.bind(contentsOf(bind))
  return bindings
}

function refusalOf(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!(error instanceof AgentError)) expect(error).toBeInstanceOf(SshError)
    return (error as CodedError).code
  }
}

describe('a session bind', () => {
  it.each(bindVectors)('of a real ssh is verified: %s', (name) => {
    const request = decodeRequest(agentVector(name, 'request'))
    if (request.type !== 'extension') throw new Error('not an extension')
    const bindings = createSessionBindings()
    bindings.bind(request.contents)
    expect(bindings.bindings).toHaveLength(1)
    expect(bindings.bindings[0]).toMatchObject({ isForwarding: false })
    expect(bindings.isForwarded).toBe(false)
  })

  it('of a host with a certificate is verified with the certified key, and keeps the certificate', () => {
    const certificate = certifyForTest(publicKeyFromKeyObject(host), fakeClock(), { certificateType: 'host' })
    const { bindings } = bound({ hostKeyBlob: certificate.blob })
    expect(Buffer.from(bindings[0]!.hostKeyBlob).equals(certificate.blob)).toBe(true)
  })

  it('that forwards makes the connection a forwarded one', () => {
    expect(bound({ isForwarding: true }).isForwarded).toBe(true)
  })

  it('that authenticates on a forwarded connection leaves it forwarded', () => {
    const bindings = bound({ isForwarding: true }, { sessionId: session(2), key: otherHost })
    expect(bindings.bindings.map(({ isForwarding }) => isForwarding)).toEqual([true, false])
    expect(bindings.isForwarded).toBe(true)
  })

  it('is the last one if it was for authentication', () => {
    const bindings = bound({})
    const again = contentsOf({ sessionId: session(2) })
    expect(refusalOf(() => bindings.bind(again))).toBe('SESSION_BIND_REFUSED')
    expect(refusalOf(() => bindings.bind(contentsOf()))).toBe('SESSION_BIND_REFUSED')
    expect(bindings.bindings).toHaveLength(1)
  })

  it('may be repeated, and takes no new place', () => {
    const bindings = bound(
      { isForwarding: true },
      { isForwarding: true },
      { sessionId: session(2), isForwarding: true },
    )
    expect(bindings.bindings).toHaveLength(2)
  })

  it('is refused for a session that was bound with another host key', () => {
    const bindings = bound({ isForwarding: true })
    expect(refusalOf(() => bindings.bind(contentsOf({ key: otherHost, isForwarding: true })))).toBe(
      'SESSION_BIND_REFUSED',
    )
    expect(bindings.bindings).toHaveLength(1)
  })

  it('is refused after sixteen', () => {
    const sixteen = Array.from({ length: 16 }, (_, index) => ({ sessionId: session(index), isForwarding: true }))
    const bindings = bound(...sixteen)
    expect(refusalOf(() => bindings.bind(contentsOf({ sessionId: session(99), isForwarding: true })))).toBe(
      'SESSION_BIND_REFUSED',
    )
    expect(bindings.bindings).toHaveLength(16)
    // One of the sixteen may still be said again.
    bindings.bind(contentsOf({ sessionId: session(3), isForwarding: true }))
  })

  it('has a session id of at most 128 bytes', () => {
    expect(bound({ sessionId: Buffer.alloc(128, 1) }).bindings).toHaveLength(1)
    const bindings = createSessionBindings()
    const long = contentsOf({ sessionId: Buffer.alloc(129, 1) })
    expect(refusalOf(() => bindings.bind(long))).toBe('SESSION_BIND_REFUSED')
    expect(bindings.bindings).toHaveLength(0)
    expect(bindings.isForwarded).toBe(true)
  })

  it('is refused when another key signed, and the connection counts as forwarded', () => {
    const bindings = createSessionBindings()
    const forged = contentsOf({ signature: signData(otherHost, 'ssh-ed25519', session(1)) })
    expect(refusalOf(() => bindings.bind(forged))).toBe('SESSION_BIND_REFUSED')
    expect(bindings.bindings).toHaveLength(0)
    expect(bindings.isForwarded).toBe(true)
    // No later bind takes that back.
    bindings.bind(contentsOf())
    expect(bindings.isForwarded).toBe(true)
  })

  it('is refused when the signature is over another session', () => {
    const forged = contentsOf({ signature: signData(host, 'ssh-ed25519', session(2)) })
    expect(refusalOf(() => createSessionBindings().bind(forged))).toBe('SESSION_BIND_REFUSED')
  })

  it('that is cut short or too long is refused, and the connection counts as forwarded', () => {
    const whole = contentsOf()
    for (const contents of [...truncations(whole), Buffer.concat([whole, Buffer.of(0)])]) {
      const bindings = createSessionBindings()
      expect(refusalOf(() => bindings.bind(contents))).toBeDefined()
      expect(bindings.bindings).toHaveLength(0)
      expect(bindings.isForwarded).toBe(true)
    }
  })

  it('of random bytes is refused with an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusalOf(() => createSessionBindings().bind(bytes))).toBeDefined()
      }),
      { seed: 12, numRuns: 300 },
    )
  })

  it('keeps no view of the message', () => {
    const contents = new Uint8Array(contentsOf({ key: rsaHost, algorithm: 'rsa-sha2-256' }))
    const bindings = createSessionBindings()
    bindings.bind(contents)
    const [{ hostKeyBlob, sessionId }] = bindings.bindings as [SessionBinding]
    const kept = [hostKeyBlob, sessionId]
    for (const bytes of kept) expect(bytes.buffer).not.toBe(contents.buffer)
    const before = kept.map((bytes) => Buffer.from(bytes))
    contents.fill(0)
    expect(kept.map((bytes) => Buffer.from(bytes))).toEqual(before)
  })

  it('has 64 KiB of host keys at most, those of the binds before it included', () => {
    const certificate = (keyIdBytes: number) =>
      certifyForTest(publicKeyFromKeyObject(host), fakeClock(), { keyId: 'x'.repeat(keyIdBytes) }).blob
    const restBytes = certificate(0).length
    const bindings = createSessionBindings()
    const bind = (byte: number, blobBytes: number) =>
      bindings.bind(
        contentsOf({
          hostKeyBlob: certificate(blobBytes - restBytes),
          sessionId: session(byte),
          isForwarding: true,
        }),
      )
    bind(1, 32_768)
    expect(refusalOf(() => bind(2, 32_769))).toBe('SESSION_BIND_REFUSED')
    bind(2, 32_768)
    expect(bindings.bindings).toHaveLength(2)
  })

  it('is refused when the host keys of a connection get too large', () => {
    const changes = { keyId: 'x'.repeat(20_000) }
    const certificate = certifyForTest(publicKeyFromKeyObject(host), fakeClock(), changes).blob
    const bindings = createSessionBindings()
    const bind = (byte: number) =>
      bindings.bind(contentsOf({ hostKeyBlob: certificate, sessionId: session(byte), isForwarding: true }))
    for (const byte of [1, 2, 3]) bind(byte)
    expect(refusalOf(() => bind(4))).toBe('SESSION_BIND_REFUSED')
    expect(bindings.bindings).toHaveLength(3)
  })
})

describe('a bind with a host key of an unknown kind', () => {
  const unknownKey = new SshWriter().string('ssh-mldsa44-ed25519@openssh.com').string('key').bytes()
  const cases: readonly [string, Bind][] = [
    ['a newer key type', { hostKeyBlob: unknownKey }],
    ['a newer algorithm', { signature: new SshWriter().string('ssh-new@example.com').string('').bytes() }],
    ['SHA-1', { key: rsaHost, algorithm: 'ssh-rsa' }],
  ]

  it.each(cases)('is refused, but does not hide anything from a local ssh: %s', (_, bind) => {
    const bindings = createSessionBindings()
    expect(refusalOf(() => bindings.bind(contentsOf(bind)))).toBe('SESSION_BIND_REFUSED')
    expect(bindings.bindings).toHaveLength(0)
    expect(bindings.isForwarded).toBe(false)
  })

  it.each(cases)('makes the connection a forwarded one when it forwards: %s', (_, bind) => {
    const bindings = createSessionBindings()
    refusalOf(() => bindings.bind(contentsOf({ ...bind, isForwarding: true })))
    expect(bindings.isForwarded).toBe(true)
  })

  it.each(cases)('leaves a forwarded connection forwarded: %s', (_, bind) => {
    const bindings = bound({ isForwarding: true })
    refusalOf(() => bindings.bind(contentsOf({ sessionId: session(2), ...bind })))
    expect(bindings.isForwarded).toBe(true)
  })
})
