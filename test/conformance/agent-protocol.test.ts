import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyTypeNamed } from '../../src/ssh/keys/key-types.ts'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { verifySignature } from '../../src/ssh/signature.ts'
import { SshReader } from '../../src/ssh/wire.ts'
import { certifyForTest } from '../support/agent-issuer.ts'
import {
  addKey,
  bindTo,
  confirm,
  empty,
  extension,
  extensionConstraint,
  lifetime,
  lockWith,
  number,
  privateKeyFields,
  readIdentities,
  readSignature,
  removeKey,
  reply,
  signRequest,
  unlockWith,
} from '../support/agent-messages.ts'
import { framed } from '../support/agent-stream.ts'
import { agentSubjects, connectRaw, type RawClient, type RunningAgent } from '../support/agent-subject.ts'
import { agentVector, bindVectors, plainAddVectors } from '../support/agent-vectors.ts'
import { fakeClock } from '../support/fake-clock.ts'

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const keys: readonly [string, KeyObject][] = [
  ['ssh-ed25519', generateKeyPairSync('ed25519').privateKey],
  ['ecdsa-sha2-nistp256', ec('P-256')],
  ['ecdsa-sha2-nistp384', ec('P-384')],
  ['ecdsa-sha2-nistp521', ec('P-521')],
  ['ssh-rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
]
const ed25519 = keys[0]![1]
const rsa = keys[4]![1]
const other = generateKeyPairSync('ed25519').privateKey

const publicOf = publicKeyFromKeyObject
const blobOf = (key: KeyObject) => publicOf(key).blob
const certificateOf = (key: KeyObject) => certifyForTest(publicOf(key), fakeClock(Date.now())).blob
const data = Buffer.from('signed')
const flagsFor = (type: string) => (type === 'ssh-rsa' ? 4 : 0)

describe.each(agentSubjects)('the agent protocol, spoken with $name', (subject) => {
  let agent: RunningAgent
  let client: RawClient

  beforeEach(async () => {
    agent = await subject.start()
    client = await connectRaw(agent.socketPath)
  })
  afterEach(async () => {
    client.close()
    await agent.stop()
  })

  const ask = async (message: Uint8Array) => (await client.ask(message))?.[0]
  const list = async () => readIdentities((await client.ask(empty(number.list)))!)
  const comments = async () => (await list()).map(({ comment }) => comment)
  /** A known extension that fails: 28 since OpenSSH 10.3, 5 before. */
  const refused = (answer: number | undefined) => [reply.failure, reply.extensionFailure].includes(answer as 5)

  describe('lists', () => {
    it('nothing at first', async () => {
      expect(await list()).toEqual([])
    })

    it('keys in the order in which they were added, with their comments', async () => {
      for (const [type, key] of keys) expect(await ask(addKey(key, `my ${type}`))).toBe(reply.success)
      expect(await list()).toEqual(
        keys.map(([type, key]) => ({ keyBlob: Buffer.from(blobOf(key)), type, comment: `my ${type}` })),
      )
    })

    it('a key and its certificate as two', async () => {
      await ask(addKey(ed25519, 'plain'))
      await ask(addKey(ed25519, 'certified', { certificate: certificateOf(ed25519) }))
      expect(await comments()).toEqual(['plain', 'certified'])
    })

    it('a key that is added again once, at its place, with its new comment', async () => {
      await ask(addKey(ed25519, 'one'))
      await ask(addKey(other, 'two'))
      expect(await ask(addKey(ed25519, 'one again'))).toBe(reply.success)
      expect(await comments()).toEqual(['one again', 'two'])
    })

    it('the same for every connection', async () => {
      await ask(addKey(ed25519, 'one'))
      const second = await connectRaw(agent.socketPath)
      expect(readIdentities((await second.ask(empty(number.list)))!)).toHaveLength(1)
      second.close()
    })
  })

  describe('signs', () => {
    it.each(keys)('with a plain key: %s', async (type, key) => {
      await ask(addKey(key, ''))
      const signature = readSignature((await client.ask(signRequest(blobOf(key), data, flagsFor(type))))!)
      expect(verifySignature(publicOf(key), data, signature)).toBe(true)
    })

    it.each(keys)('with a certificate’s key, naming the plain algorithm: %s', async (type, key) => {
      const certificate = certificateOf(key)
      expect(await ask(addKey(key, '', { certificate }))).toBe(reply.success)
      expect((await list()).map((identity) => identity.type)).toEqual([keyTypeNamed(type).certificateName])
      const signature = readSignature((await client.ask(signRequest(certificate, data, flagsFor(type))))!)
      expect(verifySignature(publicOf(key), data, signature)).toBe(true)
      // The plain key was not added.
      expect(await ask(signRequest(blobOf(key), data))).toBe(reply.failure)
    })

    it.each([
      [0, 'ssh-rsa'],
      [1, 'ssh-rsa'],
      [2, 'rsa-sha2-256'],
      [4, 'rsa-sha2-512'],
      [6, 'rsa-sha2-256'],
    ])('with RSA by its flags: %i is %s', async (flags, algorithm) => {
      await ask(addKey(rsa, ''))
      const signature = readSignature((await client.ask(signRequest(blobOf(rsa), data, flags)))!)
      expect(new SshReader(signature).text()).toBe(algorithm)
    })

    it('with other keys whatever the flags', async () => {
      await ask(addKey(ed25519, ''))
      for (const flags of [1, 2, 4, 6]) {
        const signature = readSignature((await client.ask(signRequest(blobOf(ed25519), data, flags)))!)
        expect(verifySignature(publicOf(ed25519), data, signature)).toBe(true)
      }
    })

    it('much data, and none', async () => {
      await ask(addKey(ed25519, ''))
      for (const much of [randomBytes(200_000), Buffer.alloc(0)]) {
        const signature = readSignature((await client.ask(signRequest(blobOf(ed25519), much)))!)
        expect(verifySignature(publicOf(ed25519), much, signature)).toBe(true)
      }
    })

    it('not with a key that it does not have, nor with what is no key', async () => {
      await ask(addKey(ed25519, ''))
      expect(await ask(signRequest(blobOf(other), data))).toBe(reply.failure)
      expect(await ask(signRequest(Buffer.from('no key'), data))).toBe(reply.failure)
      expect(await ask(signRequest(Buffer.alloc(0), data))).toBe(reply.failure)
    })
  })

  describe('adds', () => {
    it.each(plainAddVectors)('what ssh-add sends: %s', async (name) => {
      expect(await ask(agentVector(name, 'request'))).toBe(reply.success)
      expect(await list()).toHaveLength(1)
    })

    it('a key with a lifetime, or with an empty list of constraints', async () => {
      expect(await ask(addKey(ed25519, '', { constraints: [lifetime(3600)] }))).toBe(reply.success)
      expect(await ask(addKey(other, '', { constraints: [] }))).toBe(reply.success)
      expect(await list()).toHaveLength(2)
    })

    it.each([
      ['an unknown number', [Buffer.of(77)]],
      ['an unknown extension', [extensionConstraint('x@example.com')]],
      ['a lifetime twice', [lifetime(60), lifetime(60)]],
      ['a lifetime that is cut short', [lifetime(60).subarray(0, 3)]],
      ['a FIDO provider for a key that is none', [extensionConstraint('sk-provider@openssh.com')]],
    ])('no key with a constraint that cannot be kept: %s', async (_, constraints) => {
      expect(await ask(addKey(ed25519, '', { constraints }))).toBe(reply.failure)
      expect(await list()).toEqual([])
    })

    it('no key that is cut short', async () => {
      const whole = addKey(ed25519, 'comment')
      expect(await ask(whole.subarray(0, whole.length - 1))).toBe(reply.failure)
      expect(await ask(whole.subarray(0, 30))).toBe(reply.failure)
      expect(await list()).toEqual([])
    })

    it('no key of an unknown type', async () => {
      expect(await ask(Buffer.concat([Buffer.of(number.add), framed(Buffer.from('ssh-unheard-of'))]))).toBe(
        reply.failure,
      )
    })

    it('no certificate of another key', async () => {
      expect(await ask(addKey(ed25519, '', { certificate: certificateOf(other) }))).toBe(reply.failure)
      expect(await list()).toEqual([])
    })

    it('no certificate of another type than announced', async () => {
      expect(await ask(addKey(ed25519, '', { certificate: certificateOf(ec('P-256')) }))).toBe(reply.failure)
    })

    it('no certificate whose CA did not sign it', async () => {
      const certificate = Uint8Array.from(certificateOf(ed25519))
      certificate[certificate.length - 1]! ^= 1
      expect(await ask(addKey(ed25519, '', { certificate }))).toBe(reply.failure)
    })

    it('no key whose curve is another than its type says', async () => {
      const fields = Buffer.from(privateKeyFields(ec('P-256')))
      fields.write('nistp384', fields.indexOf('nistp256', 24))
      expect(await ask(Buffer.concat([Buffer.of(number.add), fields, framed(Buffer.alloc(0))]))).toBe(reply.failure)
    })
  })

  describe('removes', () => {
    it('the identity with exactly that blob', async () => {
      const certificate = certificateOf(ed25519)
      await ask(addKey(ed25519, 'plain'))
      await ask(addKey(ed25519, 'certified', { certificate }))
      expect(await ask(removeKey(certificate))).toBe(reply.success)
      expect(await comments()).toEqual(['plain'])
      expect(await ask(removeKey(certificate))).toBe(reply.failure)
      expect(await ask(removeKey(blobOf(ed25519)))).toBe(reply.success)
      expect(await list()).toEqual([])
    })

    it.each([number.removeAll, number.removeAllRsa])('everything with message %i, also nothing', async (all) => {
      await ask(addKey(ed25519, ''))
      await ask(addKey(rsa, ''))
      expect(await ask(empty(all))).toBe(reply.success)
      expect(await list()).toEqual([])
      expect(await ask(empty(all))).toBe(reply.success)
    })
  })

  describe('locks', () => {
    it('and then lists nothing and signs nothing', async () => {
      await ask(addKey(ed25519, 'one'))
      expect(await ask(lockWith('passphrase'))).toBe(reply.success)
      expect(await list()).toEqual([])
      for (const message of [
        signRequest(blobOf(ed25519), data),
        addKey(other, ''),
        addKey(other, '', { constraints: [confirm] }),
        removeKey(blobOf(ed25519)),
        empty(number.removeAll),
        empty(number.removeAllRsa),
        lockWith('passphrase'),
        extension('query'),
      ]) {
        expect(await ask(message)).toBe(reply.failure)
      }
    })

    it('until the right passphrase comes', async () => {
      await ask(addKey(ed25519, 'one'))
      await ask(lockWith('passphrase'))
      expect(await ask(unlockWith('another'))).toBe(reply.failure)
      expect(await list()).toEqual([])
      expect(await ask(addKey(other, 'two'))).toBe(reply.failure)
      expect(await ask(unlockWith('passphrase'))).toBe(reply.success)
      expect(await comments()).toEqual(['one'])
    })

    it('not with an empty passphrase, and unlocks nothing that is open', async () => {
      expect(await ask(lockWith(''))).toBe(reply.failure)
      expect(await ask(unlockWith('passphrase'))).toBe(reply.failure)
      await ask(addKey(ed25519, 'one'))
      expect(await comments()).toEqual(['one'])
    })
  })

  describe('binds', () => {
    it.each(bindVectors)('a session of a real ssh: %s', async (name) => {
      expect(await ask(agentVector(name, 'request'))).toBe(reply.success)
    })

    it('no session that the host key did not sign', async () => {
      expect(refused(await ask(bindTo(other, false, 1, ed25519)))).toBe(true)
    })

    it('no further session after one for authentication', async () => {
      expect(await ask(bindTo(other, true))).toBe(reply.success)
      expect(await ask(bindTo(ed25519, false, 2))).toBe(reply.success)
      expect(refused(await ask(bindTo(other, true, 3)))).toBe(true)
    })

    it('a session again, but not with another host key', async () => {
      expect(await ask(bindTo(other, true))).toBe(reply.success)
      expect(await ask(bindTo(other, true))).toBe(reply.success)
      expect(refused(await ask(bindTo(ed25519, true)))).toBe(true)
    })

    it('sixteen sessions and no more', async () => {
      for (let session = 1; session <= 16; session += 1) {
        expect(await ask(bindTo(other, true, session))).toBe(reply.success)
      }
      expect(refused(await ask(bindTo(other, true, 17)))).toBe(true)
    })

    it('nothing that is cut short', async () => {
      const whole = bindTo(other, false)
      expect(refused(await ask(whole.subarray(0, whole.length - 1)))).toBe(true)
      expect(refused(await ask(whole.subarray(0, 60)))).toBe(true)
    })

    it('so that added keys are still listed and sign logins', async () => {
      await ask(addKey(ed25519, 'one'))
      const bound = await connectRaw(agent.socketPath)
      await bound.ask(bindTo(other, false))
      expect(readIdentities((await bound.ask(empty(number.list)))!)).toHaveLength(1)
      bound.close()
    })
  })

  describe('does not know', () => {
    it.each([1, 7, 8, 24, 99, 240, 255])('message %i', async (messageNumber) => {
      expect(await ask(Buffer.of(messageNumber, 0, 0, 0, 0))).toBe(reply.failure)
      expect(await list()).toEqual([])
    })

    it('an extension', async () => {
      expect(await ask(extension('unheard-of@example.com', Buffer.from('body')))).toBe(reply.failure)
      expect(await list()).toEqual([])
    })

    it('a token', async () => {
      expect(await ask(agentVector('add-smartcard', 'request'))).toBe(reply.failure)
    })
  })

  describe('reads', () => {
    it('requests one after the other from one piece, and answers in order', async () => {
      const messages = [empty(number.list), addKey(rsa, 'one'), signRequest(blobOf(rsa), data, 4), empty(number.list)]
      client.send(Buffer.concat(messages.map(framed)))
      const answers = [await client.next(), await client.next(), await client.next(), await client.next()]
      expect(answers.map((answer) => answer?.[0])).toEqual([
        reply.identities,
        reply.success,
        reply.signature,
        reply.identities,
      ])
      expect(readIdentities(answers[3]!)).toHaveLength(1)
    })

    it('a request that comes byte by byte', async () => {
      for (const byte of framed(empty(number.list))) client.send(Buffer.of(byte))
      expect((await client.next())?.[0]).toBe(reply.identities)
    })

    it('a message of 256 KiB', async () => {
      const message = Buffer.alloc(256 * 1024)
      message[0] = 99
      expect(await ask(message)).toBe(reply.failure)
      expect(await list()).toEqual([])
    })

    it('nothing after a message that is one byte longer', async () => {
      client.send(Buffer.of(0, 4, 0, 1))
      client.send(Buffer.alloc(1000))
      expect(await client.next()).toBeUndefined()
    })

    it('nothing after an empty message', async () => {
      client.send(Buffer.of(0, 0, 0, 0))
      client.send(framed(empty(number.list)))
      expect(await client.next()).toBeUndefined()
    })

    it('further from others when one client goes in the middle of a message', async () => {
      client.send(framed(empty(number.list)).subarray(0, 3))
      client.close()
      const second = await connectRaw(agent.socketPath)
      expect((await second.ask(empty(number.list)))?.[0]).toBe(reply.identities)
      second.close()
    })
  })
})

// docs/PROTOCOL.md has a numbered entry for each of these.
describe('where we differ from ssh-agent on purpose', () => {
  let agent: RunningAgent & { advance: (ms: number) => void }
  let client: RawClient

  beforeEach(async () => {
    agent = (await agentSubjects[0]!.start()) as typeof agent
    client = await connectRaw(agent.socketPath)
  })
  afterEach(async () => {
    client.close()
    await agent.stop()
  })

  const ask = async (message: Uint8Array) => (await client.ask(message))?.[0]
  const list = async () => readIdentities((await client.ask(empty(number.list)))!)

  it.each(keys)('a certificate of another key is refused for every type of key: %s', async (type, key) => {
    const another = type === 'ssh-rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : undefined
    const certified = another?.privateKey ?? (type === 'ssh-ed25519' ? other : ec(`P-${type.slice(-3)}`))
    expect(await ask(addKey(key, '', { certificate: certificateOf(certified) }))).toBe(reply.failure)
    expect(await list()).toEqual([])
  })

  it('an RSA key whose numbers do not belong together is refused', async () => {
    const fields = Buffer.from(addKey(rsa, ''))
    const prime = fields.length - 4 - 3
    fields[prime]! ^= 2
    expect(await ask(fields)).toBe(reply.failure)
  })

  it('a bind is recorded also while locked', async () => {
    await ask(lockWith('passphrase'))
    expect(await ask(bindTo(other, true))).toBe(reply.success)
  })

  it('a known extension that fails is answered by 28', async () => {
    expect(await ask(bindTo(other, false, 1, ed25519))).toBe(reply.extensionFailure)
  })

  it('query is answered, once', async () => {
    expect(await ask(extension('query'))).toBe(reply.extensionResponse)
    expect(await list()).toEqual([])
  })

  it('a client that half-closes is answered, and the connection then ends', async () => {
    client.send(framed(addKey(rsa, '')))
    client.send(framed(signRequest(blobOf(rsa), data, 4)))
    client.halfClose()
    expect((await client.next())?.[0]).toBe(reply.success)
    expect((await client.next())?.[0]).toBe(reply.signature)
    expect(await client.next()).toBeUndefined()
  })

  it('a passphrase may hold NUL, and one that is cut short is answered', async () => {
    expect(await ask(Buffer.of(number.lock, 0, 0, 0, 9, 1))).toBe(reply.failure)
    expect(await ask(lockWith(Buffer.of(1, 0, 2)))).toBe(reply.success)
    expect(await ask(unlockWith(Buffer.of(1, 0, 2)))).toBe(reply.success)
  })

  it('RSA flags that nobody knows, and bytes after a request, are refused', async () => {
    await ask(addKey(rsa, ''))
    expect(await ask(signRequest(blobOf(rsa), data, 8))).toBe(reply.failure)
    expect(await ask(Buffer.concat([signRequest(blobOf(rsa), data, 4), Buffer.of(0)]))).toBe(reply.failure)
    expect(await ask(Buffer.concat([empty(number.list), Buffer.of(0)]))).toBe(reply.failure)
  })

  it('a lifetime ends by the clock that also counts in suspend', async () => {
    await ask(addKey(ed25519, 'one', { constraints: [lifetime(3600)] }))
    agent.advance(3_599_000)
    expect(await list()).toHaveLength(1)
    agent.advance(1_001)
    expect(await list()).toEqual([])
    expect(await ask(signRequest(blobOf(ed25519), data))).toBe(reply.failure)
  })

  it('a client that does not read makes no other wait', async () => {
    await ask(addKey(ed25519, ''))
    const mute = await connectRaw(agent.socketPath)
    mute.send(Buffer.concat(Array.from({ length: 20_000 }, () => framed(empty(number.list)))))
    for (let count = 0; count < 20; count += 1) expect(await list()).toHaveLength(1)
    mute.close()
  })
})
