import { generateKeyPairSync } from 'node:crypto'
import { type Duplex, duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createAgent } from '../../../../src/agent/agent.ts'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import { maxFrameBytes } from '../../../../src/agent/protocol/frame.ts'
import type { AgentRequest, AgentResponse } from '../../../../src/agent/protocol/messages.ts'
import { decodeResponse, encodeResponse } from '../../../../src/agent/protocol/responses.ts'
import { createUpstream } from '../../../../src/agent/upstream/upstream.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { SshWriter } from '../../../../src/ssh/wire.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { addKey, addToken, empty, number, removeKey, signRequest } from '../../../support/agent-messages.ts'
import { createFrameReader, framed } from '../../../support/agent-stream.ts'
import { nobody } from '../../../support/agent-stubs.ts'
import { noChurn } from '../../../support/churn.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { noKnownHosts, plainLists } from '../../../support/list-settings.ts'
import { ownSeat } from '../../../support/seats.ts'
import { stubAgent } from '../../../support/stub-agent.ts'

const own = generateKeyPairSync('ed25519').privateKey
const ownBlob = publicKeyFromKeyObject(own).blob
const theirs = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const data = Buffer.from('data')

/** What it does instead of answering one request. */
type Misdeed = (stream: Duplex) => void

const sends =
  (...chunks: readonly Uint8Array[]): Misdeed =>
  (stream) => {
    for (const chunk of chunks) stream.push(chunk)
  }
const answers = (...bytes: readonly number[]) => sends(framed(Buffer.of(...bytes)))
const list = (identities: number, ...parts: readonly Uint8Array[]) =>
  Buffer.concat([new SshWriter().byte(12).uint32(identities).bytes(), ...parts])
const entry = new SshWriter().string(theirs).string('theirs').bytes()

/** Whether it still owes an answer. */
const isSilent = (what: string) => what.includes('nothing')

/** Wrong whatever was asked. */
const always: readonly (readonly [string, Misdeed])[] = [
  ['an empty message', sends(Buffer.of(0, 0, 0, 0))],
  ['a message that is announced with 4 GiB', sends(Buffer.of(0xff, 0xff, 0xff, 0xff))],
  ['a message of a byte too many', sends(new SshWriter().uint32(maxFrameBytes + 1).bytes())],
  ['a number that is no answer', answers(99)],
  ['the number of a request', answers(13)],
  ['the answer of SSH1', answers(2, 0, 0, 0, 0)],
  ['a failure with more behind it', answers(5, 0)],
  ['a failed extension', answers(28)],
  ['half a message, and nothing more', sends(Buffer.of(0, 0, 1, 0, 12, 0))],
  ['nothing', () => {}],
  ['the end', (stream) => void stream.push(null)],
  ['a broken connection', (stream) => void stream.destroy(new Error('ECONNRESET'))],
  [
    'half a message and the end',
    (stream) => {
      stream.push(Buffer.of(0, 0, 0, 9, 12))
      stream.push(null)
    },
  ],
  ['a failure twice', sends(framed(Buffer.of(5)), framed(Buffer.of(5)))],
  ['ten thousand answers', sends(...Array.from({ length: 10_000 }, () => encodeResponse({ type: 'failure' })))],
]
const wrongLists: typeof always = [
  ...always,
  ['a failure', answers(5)],
  ['a success', answers(6)],
  ['a signature', sends(encodeResponse({ type: 'sign-response', signature: data }))],
  ['a list that is cut', sends(framed(list(2, entry)))],
  ['a list of 4294967295', sends(framed(list(0xffffffff, entry)))],
  ['a list with more behind it', sends(framed(list(1, entry, Buffer.of(0))))],
  ['a list without a number of keys', answers(12, 0, 0)],
  ['a list with a blob that is longer than the message', sends(framed(list(1, Buffer.of(0x7f, 0xff, 0xff, 0xff))))],
]
const wrongSignatures: typeof always = [
  ...always,
  ['a failure', answers(5)],
  ['a success, where data was expected (CVE-2025-47913)', answers(6)],
  ['a list', sends(framed(list(1, entry)))],
  ['a signature that is cut', answers(14, 0, 0, 0, 9, 1)],
  ['a signature with more behind it', answers(14, 0, 0, 0, 1, 1, 1)],
]
const wrongAcceptances: typeof always = [
  ...always,
  ['a failure', answers(5)],
  ['a list', sends(framed(list(1, entry)))],
  ['a signature', sends(encodeResponse({ type: 'sign-response', signature: data }))],
]

const honest = (request: AgentRequest): AgentResponse => {
  if (request.type === 'request-identities')
    return { type: 'identities-answer', identities: [{ keyBlob: theirs, comment: 'theirs' }] }
  if (request.type === 'sign-request') return { type: 'sign-response', signature: Buffer.from('their signature') }
  return { type: 'success' }
}

/** Our agent with another one behind it, which does wrong to the first client that asks for something. */
function setUp(at: AgentRequest['type'], misdeed: Misdeed) {
  const clock = fakeClock()
  const faults: string[] = []
  const log = createLogger({ level: 'error', write: (line) => faults.push(line) })
  let isDone = false
  const upstream = createUpstream({
    name: 'card',
    socket: '/card.sock',
    adds: ['sk', 'pkcs11'],
    connect() {
      const agent: ReturnType<typeof stubAgent> = stubAgent((request) => {
        if (request.type !== at || isDone) return honest(request)
        isDone = true
        misdeed(agent.stream)
        return undefined
      })
      return agent.stream
    },
    hosts: undefined,
    forward: 'never',
    confirm: 'never',
    sign: undefined,
    clock,
    log,
  })
  const upstreams = [upstream]
  const stores: readonly [] = []
  const agent = createAgent({
    keyring: createKeyring({ clock }),
    lock: createLock({ clock }),
    stores: () => stores,
    upstreams: () => upstreams,
    settings: () => plainLists,
    knownHosts: noKnownHosts,
    askPerson: nobody,
    clock,
    churn: noChurn,
    log,
    poolSignatures: 2,
  })
  const connect = () => {
    const [client, server] = duplexPair()
    agent.serve(server, ownSeat)
    const reader = createFrameReader(client)
    const ask = async (message: Uint8Array): Promise<AgentResponse> => {
      client.write(framed(message))
      const answer = reader.next()
      // A second is as long as anything may take that nobody touches a token for.
      await settle()
      clock.advance(1_000)
      const bytes = await answer
      if (bytes === undefined) throw new Error('the connection was closed')
      return decodeResponse(bytes)
    }
    return { ask, leave: () => client.destroy() }
  }
  return { connect, faults, upstream }
}

const comments = (response: AgentResponse) =>
  response.type === 'identities-answer' ? response.identities.map(({ comment }) => comment) : response.type

/** Another client is served as if nothing had been. @param first so is this one, from the next request on */
async function expectNoHarm({ connect, faults }: ReturnType<typeof setUp>, first = connect()) {
  for (const { ask } of [connect(), first]) {
    expect(comments(await ask(empty(number.list)))).toEqual(['own', 'theirs'])
    expect(await ask(signRequest(ownBlob, data))).toMatchObject({ type: 'sign-response' })
    expect(await ask(signRequest(theirs, data))).toMatchObject({ type: 'sign-response' })
  }
  expect(faults).toEqual([])
}

describe('another agent that answers with', () => {
  it.each(wrongLists)('%s to a list is left out of it, and harms nobody', async (what, misdeed) => {
    const world = setUp('request-identities', misdeed)
    const client = world.connect()
    await client.ask(addKey(own, 'own'))
    expect(comments(await client.ask(empty(number.list)))).toEqual(['own'])
    expect(world.upstream.status().lastError).toMatchObject({
      code: expect.stringMatching(/^UPSTREAM_/),
      message: expect.stringMatching(/^the agent card /),
      hint: 'SSH_AUTH_SOCK=/card.sock ssh-add -l asks it without latchkey',
    })
    // What is owed on a connection is waited for there, a second for each list.
    await expectNoHarm(world, isSilent(what) ? undefined : client)
  })

  it.each(wrongSignatures)('%s to a request for a signature makes it fail, and harms nobody', async (what, misdeed) => {
    const world = setUp('sign-request', misdeed)
    const client = world.connect()
    await client.ask(addKey(own, 'own'))
    await client.ask(empty(number.list))
    const signing = client.ask(signRequest(theirs, data))
    if (!isSilent(what)) {
      expect(await signing).toEqual({ type: 'failure' })
      return expectNoHarm(world, client)
    }
    // Somebody may have to touch a token: it waits as long as the client does. Others do not.
    await settle()
    await expectNoHarm(world)
    client.leave()
    await signing.catch(() => {})
    expect(world.faults).toEqual([])
  })

  it.each(wrongAcceptances)(
    '%s to a key that it is to add has not added it, and harms nobody',
    async (what, misdeed) => {
      const world = setUp('add-token', misdeed)
      const client = world.connect()
      await client.ask(addKey(own, 'own'))
      const adding = client.ask(addToken('/lib.so', '1234'))
      if (what === 'nothing' || what.includes('nothing more')) {
        await settle()
        await expectNoHarm(world, world.connect())
        client.leave()
        await adding.catch(() => {})
        return
      }
      expect(await adding).toEqual({ type: 'failure' })
      await expectNoHarm(world, client)
    },
  )

  const wrongRemovals = wrongAcceptances.filter(([what]) => !isSilent(what))
  it.each(wrongRemovals)('%s to a removal has not removed it, and harms nobody', async (_, misdeed) => {
    const world = setUp('remove-identity', misdeed)
    const client = world.connect()
    await client.ask(addKey(own, 'own'))
    expect(await client.ask(removeKey(theirs))).toEqual({ type: 'failure' })
    await expectNoHarm(world, client)
  })

  it.each([
    ['no bytes as a key', Buffer.alloc(0)],
    ['garbage as a key', Buffer.from('garbage')],
    ['a key of a type that nobody knows', new SshWriter().string('ssh-new').string('x').bytes()],
    ['a certificate that is cut', new SshWriter().string('ssh-ed25519-cert-v01@openssh.com').bytes()],
  ])('%s has it listed as it is, and asked for what it signs', async (_, keyBlob) => {
    const world = setUp(
      'request-identities',
      sends(encodeResponse({ type: 'identities-answer', identities: [{ keyBlob, comment: 'odd' }] })),
    )
    const client = world.connect()
    await client.ask(addKey(own, 'own'))
    expect(comments(await client.ask(empty(number.list)))).toEqual(['own', 'odd'])
    await expectNoHarm(world, client)
  })

  it('more keys than a client takes has as many listed as fit, behind ours', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      keyBlob: Buffer.from([index >> 8, index & 0xff]),
      comment: '',
    }))
    const world = setUp('request-identities', sends(encodeResponse({ type: 'identities-answer', identities: many })))
    const client = world.connect()
    await client.ask(addKey(own, 'own'))
    const shown = comments(await client.ask(empty(number.list)))
    expect(shown).toHaveLength(2048)
    expect(shown[0]).toBe('own')
    await expectNoHarm(world, client)
  })

  it('a message of exactly 256 KiB is heard to the end', async () => {
    const signature = Buffer.alloc(maxFrameBytes - 5, 1)
    const world = setUp('sign-request', sends(encodeResponse({ type: 'sign-response', signature })))
    const client = world.connect()
    await client.ask(addKey(own, 'own'))
    expect(await client.ask(signRequest(theirs, data))).toMatchObject({ type: 'sign-response' })
    await expectNoHarm(world, client)
  })
})
