import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { UseQuestion } from '../../../../src/agent/connection/confirmation.ts'
import { createAgentSession } from '../../../../src/agent/connection/session.ts'
import type { ListSettings } from '../../../../src/agent/destination/arrangement.ts'
import { createDestinations } from '../../../../src/agent/destination/destinations.ts'
import { hostPatterns } from '../../../../src/agent/destination/host-patterns.ts'
import { createIdentityLists } from '../../../../src/agent/keys/identity-lists.ts'
import type { Identity, KeyStore, Signer } from '../../../../src/agent/keys/key-store.ts'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import { createAgentNotices } from '../../../../src/agent/notices.ts'
import type { AgentResponse } from '../../../../src/agent/protocol/messages.ts'
import { decodeRequest } from '../../../../src/agent/protocol/requests.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { createAddedHosts } from '../../../../src/daemon/running/list-settings.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { SshReader } from '../../../../src/ssh/wire.ts'
import { settle } from '../../../support/agent-issuer.ts'
import {
  addKey,
  bindTo,
  empty,
  extension,
  lockWith,
  number,
  privateNumbers,
  removeKey,
  signRequest,
  unlockWith,
  userauthRequest,
} from '../../../support/agent-messages.ts'
import { nobody, noUpstreams } from '../../../support/agent-stubs.ts'
import { agentVector, bindVectors, plainAddVectors } from '../../../support/agent-vectors.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { noKnownHosts, plainLists } from '../../../support/list-settings.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'

const key = generateKeyPairSync('ed25519').privateKey
const otherKey = generateKeyPairSync('ed25519').privateKey
const blobOf = (privateKey: KeyObject) => publicKeyFromKeyObject(privateKey).blob
const data = Buffer.from('signed')

const identity = (comment: string): Identity => ({ keyBlob: Buffer.from(`blob of ${comment}`), comment })

/** A store that answers the same every time. */
const storeOf = (answers: Partial<KeyStore>): KeyStore => stubKeyStore({ name: 'store', ...answers })

function signerOf(name: string): Signer {
  return { identity: identity(name), sign: () => Buffer.from(`signature by ${name}`) }
}

interface Surroundings {
  settings?: ListSettings
  knownHosts?: string
  commandLine?: readonly string[]
}

function setUp(stores: readonly KeyStore[] = [], surroundings: Surroundings = {}) {
  const { settings = plainLists, knownHosts = '', commandLine = [] } = surroundings
  const person = { ask: nobody }
  const clock = fakeClock()
  const keyring = createKeyring({ clock, hostsOf: createAddedHosts(() => settings) })
  const lock = createLock({ clock })
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'debug' })
  const lists = createIdentityLists({ log })
  const pool = createTurns(1)
  const files = { text: knownHosts, reads: 0 }
  const destinations = createDestinations({
    async knownHosts() {
      files.reads += 1
      return [Buffer.from(files.text)]
    },
    clock,
    log,
  })
  const peer = { name: 'test', commandLine: async () => commandLine }
  const notices = createAgentNotices(clock)
  const shared = {
    notices,
    keyring,
    stores: () => stores,
    upstreams: () => noUpstreams,
    settings: () => settings,
    lock,
    lists,
    destinations,
    pool,
    askPerson: (question: UseQuestion, signal: AbortSignal) => person.ask(question, signal),
    clock,
    log,
  }
  const connect = () => createAgentSession({ ...shared, peer })
  const session = connect()
  const ask = async (message: Uint8Array): Promise<AgentResponse> => session.handle(decodeRequest(message))
  const comments = async () => {
    const response = await ask(empty(number.list))
    if (response.type !== 'identities-answer') throw new Error(response.type)
    return response.identities.map(({ comment }) => comment)
  }
  return { clock, keyring, lock, lines, files, notices, person, connect, session, ask, comments }
}

const failure = { type: 'failure' }
const success = { type: 'success' }

describe('a list', () => {
  it('has the configured identities first, then the added keys', async () => {
    const { ask, comments } = setUp([
      storeOf({ identities: () => [identity('one'), identity('two')] }),
      storeOf({ identities: async () => [identity('three')] }),
    ])
    await ask(addKey(key, 'added'))
    expect(await comments()).toEqual(['one', 'two', 'three', 'added'])
  })

  it('can have other identities once the connection is bound', async () => {
    const { ask, comments } = setUp([
      storeOf({ identities: ({ bindings }) => [identity(bindings.length === 0 ? 'for all' : 'for one host')] }),
    ])
    expect(await comments()).toEqual(['for all'])
    await ask(bindTo(otherKey, false))
    expect(await comments()).toEqual(['for one host'])
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('sealed'))],
    [
      'throws',
      () => {
        throw new Error('sealed')
      },
    ],
  ])('hides no identity because another store %s', async (_, identities) => {
    const { ask, comments, lines } = setUp([storeOf({ identities }), storeOf({ identities: () => [identity('two')] })])
    await ask(addKey(key, 'added'))
    expect(await comments()).toEqual(['two', 'added'])
    expect(lines.join('')).toContain('identities left out reason=sealed')
  })

  it('is answered without a promise if every store is ready', () => {
    const { session } = setUp([storeOf({ identities: () => [identity('one')] })])
    expect(session.handle({ type: 'request-identities' })).toMatchObject({ type: 'identities-answer' })
  })

  it('is the same answer until a store changes', () => {
    let listed = [identity('one')]
    const { session } = setUp([storeOf({ identities: () => listed })])
    const first = session.handle({ type: 'request-identities' })
    expect(session.handle({ type: 'request-identities' })).toBe(first)
    listed = [identity('two')]
    expect(session.handle({ type: 'request-identities' })).toMatchObject({ identities: listed })
  })

  it('leaves out what would make it too long for clients, and says so', async () => {
    const large = (comment: string) => ({ keyBlob: Buffer.alloc(100_000, comment), comment })
    const { comments, lines } = setUp([storeOf({ identities: () => [large('a'), large('b'), large('c')] })])
    expect(await comments()).toEqual(['a', 'b'])
    expect(lines.join('')).toContain('leftOut=1')
  })

  it('has at most exactly 256 KiB', async () => {
    // Number, count and two length fields: 13 bytes.
    const exact = [{ keyBlob: Buffer.alloc(262_144 - 13), comment: '' }]
    const over = [{ keyBlob: Buffer.alloc(262_144 - 12), comment: '' }]
    expect(await setUp([storeOf({ identities: () => exact })]).comments()).toHaveLength(1)
    expect(await setUp([storeOf({ identities: () => over })]).comments()).toHaveLength(0)
  })

  it('has at most 2048 identities', async () => {
    const many = Array.from({ length: 2049 }, (_, index) => identity(String(index)))
    expect(await setUp([storeOf({ identities: () => many })]).comments()).toHaveLength(2048)
  })

  it('is empty when the agent was locked while a store was waiting', async () => {
    let answer: (identities: readonly Identity[]) => void = () => {}
    const waiting = new Promise<readonly Identity[]>((resolve) => {
      answer = resolve
    })
    const { ask, comments } = setUp([storeOf({ identities: () => waiting })])
    const listing = comments()
    await ask(lockWith('x'))
    answer([identity('one')])
    expect(await listing).toEqual([])
  })
})

describe('a signature', () => {
  it('is made by the first store that has the key', async () => {
    const asked: string[] = []
    const store = (name: string, signer: Signer | undefined) =>
      storeOf({
        signer: () => {
          asked.push(name)
          return signer
        },
      })
    const { ask } = setUp([store('a', undefined), store('b', signerOf('b')), store('c', signerOf('c'))])
    expect(await ask(signRequest(Buffer.from('x'), data))).toEqual({
      type: 'sign-response',
      signature: Buffer.from('signature by b'),
    })
    expect(asked).toEqual(['a', 'b'])
  })

  it('is looked for in the next store when one needs time to say no', async () => {
    const { ask } = setUp([
      storeOf({ signer: async () => undefined }),
      storeOf({ signer: async () => undefined }),
      storeOf({ signer: () => signerOf('c') }),
    ])
    expect(await ask(signRequest(Buffer.from('x'), data))).toMatchObject({ type: 'sign-response' })
  })

  it('may take its time', async () => {
    const slow: Signer = { identity: identity('slow'), sign: async () => Buffer.from('late') }
    const { ask } = setUp([storeOf({ signer: () => slow })])
    expect(await ask(signRequest(Buffer.from('x'), data))).toEqual({
      type: 'sign-response',
      signature: Buffer.from('late'),
    })
  })

  it('by an added Ed25519 key takes no promise', async () => {
    const { ask, session } = setUp()
    await ask(addKey(key, ''))
    const response = session.handle(decodeRequest(signRequest(blobOf(key), data)))
    if (response instanceof Promise || response.type !== 'sign-response') throw new Error('not at once')
    expect(verifySignature(publicKeyFromKeyObject(key), data, response.signature)).toBe(true)
  })

  it('by a key that nobody has is refused', async () => {
    expect(await setUp().ask(signRequest(blobOf(key), data))).toEqual(failure)
  })

  it.each([
    ['a store rejects', storeOf({ signer: () => Promise.reject(new Error('broken')) })],
    [
      'a signer throws',
      storeOf({
        signer: () => ({
          identity: identity('x'),
          sign: () => {
            throw new Error('broken')
          },
        }),
      }),
    ],
    [
      'a signer rejects',
      storeOf({ signer: () => ({ identity: identity('x'), sign: () => Promise.reject(new Error('broken')) }) }),
    ],
  ])('is refused, for good, when %s', async (_, store) => {
    const { ask, lines } = setUp([store, storeOf({ signer: () => signerOf('another') })])
    expect(await ask(signRequest(Buffer.from('x'), data))).toEqual(failure)
    expect(lines.join('')).toContain('error: agent request refused reason=broken')
  })
})

describe('adding keys', () => {
  it.each(plainAddVectors)('works with what ssh-add sends: %s', async (name) => {
    const { ask, comments } = setUp()
    expect(await ask(agentVector(name, 'request'))).toEqual(success)
    expect(await comments()).toEqual([`${name.replace(/^add-|-cert$/g, '')}@example.com`])
  })

  it('overwrites the secret numbers of the message', async () => {
    const { ask } = setUp()
    const message = Buffer.from(addKey(key, ''))
    const secret = Buffer.from(privateNumbers(key).d!)
    expect(message.includes(secret)).toBe(true)
    expect(await ask(message)).toEqual(success)
    expect(message.includes(secret)).toBe(false)
  })

  it('overwrites them even if the key is refused', async () => {
    const { ask, lines } = setUp()
    const message = Buffer.from(addKey(key, ''))
    const secret = Buffer.from(privateNumbers(key).d!)
    message[message.indexOf(secret) + 40]! ^= 1
    expect(await ask(message)).toEqual(failure)
    expect(message.includes(secret)).toBe(false)
    expect(lines.join('')).toContain('code=KEY_INVALID')
  })

  it('keeps a lifetime', async () => {
    const { ask, comments, clock } = setUp()
    await ask(agentVector('add-lifetime', 'request'))
    expect(await comments()).toHaveLength(1)
    clock.advance(3_600_000)
    expect(await comments()).toHaveLength(0)
  })
})

describe('removing keys', () => {
  it('removes the one that is named', async () => {
    const { ask, comments } = setUp()
    await ask(addKey(key, 'one'))
    await ask(addKey(otherKey, 'two'))
    expect(await ask(removeKey(blobOf(key)))).toEqual(success)
    expect(await comments()).toEqual(['two'])
    expect(await ask(removeKey(blobOf(key)))).toEqual(failure)
  })

  it.each([number.removeAll, number.removeAllRsa])(
    'removes all with message %i, even if there are none',
    async (all) => {
      const { ask, comments } = setUp()
      await ask(addKey(key, 'one'))
      await ask(addKey(otherKey, 'two'))
      expect(await ask(empty(all))).toEqual(success)
      expect(await comments()).toEqual([])
      expect(await ask(empty(all))).toEqual(success)
    },
  )

  it('does not touch the configured identities, which nobody added', async () => {
    const configured = identity('configured')
    const { ask, comments } = setUp([storeOf({ identities: () => [configured] })])
    expect(await ask(removeKey(configured.keyBlob))).toEqual(failure)
    expect(await ask(empty(number.removeAll))).toEqual(success)
    expect(await comments()).toEqual(['configured'])
  })
})

describe('a locked agent', () => {
  it('lists no identities and still accepts session-bind', async () => {
    const { ask, comments } = setUp([storeOf({ identities: () => [identity('configured')] })])
    await ask(addKey(key, 'added'))
    expect(await ask(lockWith('x'))).toEqual(success)
    expect(await comments()).toEqual([])
    expect(await ask(bindTo(otherKey, true))).toEqual(success)
  })

  it('refuses everything else', async () => {
    const { ask } = setUp([storeOf({ signer: () => signerOf('configured') })])
    await ask(addKey(key, 'added'))
    await ask(lockWith('x'))
    for (const message of [
      signRequest(blobOf(key), data),
      addKey(otherKey, ''),
      removeKey(blobOf(key)),
      empty(number.removeAll),
      empty(number.removeAllRsa),
      lockWith('y'),
      extension('query'),
    ]) {
      expect(await ask(message)).toEqual(failure)
    }
  })

  it('is as before once it is unlocked', async () => {
    const { ask, comments } = setUp()
    await ask(addKey(key, 'added'))
    await ask(lockWith('x'))
    expect(await ask(unlockWith('x'))).toEqual(success)
    expect(await comments()).toEqual(['added'])
    expect(await ask(unlockWith('x'))).toEqual(failure)
  })

  it('is locked for every connection, and one that guesses wrong makes no other wait', async () => {
    const { ask, connect, clock } = setUp()
    await ask(lockWith('x'))
    const guessing = ask(unlockWith('wrong'))
    while (clock.pendingTimers() === 0) await settle()
    expect(await connect().handle({ type: 'request-identities' })).toEqual({
      type: 'identities-answer',
      identities: [],
    })
    clock.advance(100)
    expect(await guessing).toEqual(failure)
  })

  it('lets lifetimes expire', async () => {
    const { ask, comments, clock } = setUp()
    await ask(agentVector('add-lifetime', 'request'))
    await ask(lockWith('x'))
    clock.advance(3_600_000)
    await ask(unlockWith('x'))
    expect(await comments()).toEqual([])
  })

  it('does not take an empty passphrase', async () => {
    const { ask, comments } = setUp()
    await ask(addKey(key, 'added'))
    expect(await ask(lockWith(''))).toEqual(failure)
    expect(await comments()).toEqual(['added'])
  })

  it.each([
    ['lock', lockWith],
    ['unlock', unlockWith],
  ])('overwrites the passphrase of the message: %s', async (_, message) => {
    const { ask } = setUp()
    const bytes = Buffer.from(message('open sesame'))
    await ask(bytes)
    expect(bytes.includes('open sesame')).toBe(false)
  })

  it('overwrites it even if nobody reads it', async () => {
    const { ask } = setUp()
    await ask(lockWith('x'))
    const again = Buffer.from(lockWith('open sesame'))
    expect(await ask(again)).toEqual(failure)
    expect(again.includes('open sesame')).toBe(false)
  })
})

describe('an extension', () => {
  it('that is not known is answered with failure', async () => {
    expect(await setUp().ask(extension('x@example.com', Buffer.of(1)))).toEqual(failure)
    expect(await setUp().ask(extension(''))).toEqual(failure)
  })

  it('query is answered once, with what is supported', async () => {
    const response = await setUp().ask(extension('query'))
    if (response.type !== 'extension-response') throw new Error(response.type)
    const reader = new SshReader(response.contents)
    expect([response.name, reader.text(), reader.text()]).toEqual(['query', 'query', 'session-bind@openssh.com'])
    reader.end()
  })

  it('query with a body fails', async () => {
    expect(await setUp().ask(extension('query', Buffer.of(1)))).toEqual({ type: 'extension-failure' })
  })

  it.each(bindVectors)('session-bind of a real ssh succeeds: %s', async (name) => {
    expect(await setUp().ask(agentVector(name, 'request'))).toEqual(success)
  })

  it('session-bind that is refused has an answer of its own', async () => {
    const { ask, lines } = setUp()
    expect(await ask(extension('session-bind@openssh.com', Buffer.of(1, 2)))).toEqual({ type: 'extension-failure' })
    await ask(bindTo(key, false))
    expect(await ask(bindTo(key, false, 2))).toEqual({ type: 'extension-failure' })
    expect(lines.join('')).toContain('code=SESSION_BIND_REFUSED')
  })
})

describe('a connection that another machine may be using', () => {
  async function forwardedWorld(stores: readonly KeyStore[] = []) {
    const world = setUp(stores)
    await world.ask(addKey(key, 'added'))
    expect(await world.ask(bindTo(otherKey, true))).toEqual(success)
    return world
  }

  it('is shown to the stores with its binds, and gets nothing from a store that is not for it', async () => {
    const seen = new Set<string>()
    const calls: string[] = []
    const hidden = storeOf({
      isShownTo({ isForwarded, bindings }) {
        seen.add(`${isForwarded ? 'forwarded' : 'local'}, ${bindings.length} binds`)
        return !isForwarded
      },
      identities() {
        calls.push('identities')
        return [identity('hidden')]
      },
      signer() {
        calls.push('signer')
        return signerOf('hidden')
      },
    })
    const { ask, comments, notices, lines } = await forwardedWorld([hidden])
    expect(await comments()).toEqual(['added'])
    const reason = 'store was not shown on a forwarded connection: forward = "allow" shows it'
    expect(notices.recent()).toMatchObject([{ reason, count: 1, peer: 'test' }])
    expect(lines.join('')).toContain(JSON.stringify(reason))
    const login = userauthRequest({ keyBlob: identity('hidden').keyBlob })
    expect(await ask(signRequest(identity('hidden').keyBlob, login))).toEqual(failure)
    expect([...seen]).toEqual(['forwarded, 1 binds'])
    expect(calls).toEqual([])
  })

  it('lists added keys and signs logins with them', async () => {
    const { ask, comments } = await forwardedWorld()
    expect(await comments()).toEqual(['added'])
    expect(await ask(signRequest(blobOf(key), userauthRequest({ keyBlob: blobOf(key) })))).toMatchObject({
      type: 'sign-response',
    })
  })

  it('has signed what the store permits on such a connection, and the log and the status say what it does not', async () => {
    const limited = storeOf({
      name: 'identity ops',
      uses: ({ isForwarded }) => (isForwarded ? ['login', 'sshsig:git'] : undefined),
      signer: (keyBlob) => (Buffer.from(keyBlob).equals(identity('ops').keyBlob) ? signerOf('ops') : undefined),
    })
    const { ask, lines, notices, connect } = await forwardedWorld([limited])
    const { keyBlob } = identity('ops')
    const signed = { type: 'sign-response' }
    expect(await ask(signRequest(keyBlob, userauthRequest({ keyBlob })))).toMatchObject(signed)
    expect(await ask(signRequest(keyBlob, data))).toEqual(failure)
    const reason = 'a forwarded connection asked identity ops for other: it signs login, sshsig:git'
    expect(lines.join('')).toContain(reason)
    expect(notices.recent()).toMatchObject([{ reason, peer: 'test' }])
    expect(await connect().handle(decodeRequest(signRequest(keyBlob, data)))).toMatchObject(signed)
  })

  it('has signed by added keys what they sign here, as with ssh-agent', async () => {
    const { ask } = await forwardedWorld()
    expect(await ask(signRequest(blobOf(key), data))).toMatchObject({ type: 'sign-response' })
  })

  it('adds, removes, locks and unlocks nothing', async () => {
    const { ask, comments, lock } = await forwardedWorld()
    for (const message of [
      addKey(otherKey, ''),
      removeKey(blobOf(key)),
      empty(number.removeAll),
      empty(number.removeAllRsa),
      lockWith('x'),
      unlockWith('x'),
    ]) {
      expect(await ask(message)).toEqual(failure)
    }
    expect(await comments()).toEqual(['added'])
    expect(lock.isLocked()).toBe(false)
  })

  it('is one on which a bind failed', async () => {
    const { ask } = setUp()
    await ask(addKey(key, 'added'))
    await ask(extension('session-bind@openssh.com', Buffer.of(1, 2)))
    expect(await ask(removeKey(blobOf(key)))).toEqual(failure)
  })

  it('does not concern another connection', async () => {
    const { connect, ask } = await forwardedWorld()
    expect(await ask(removeKey(blobOf(key)))).toEqual(failure)
    expect(await connect().handle(decodeRequest(signRequest(blobOf(key), data)))).toMatchObject({
      type: 'sign-response',
    })
  })
})

describe('what is not supported', () => {
  it.each([
    ['lists of SSH1', empty(number.requestRsaIdentities)],
    ['private messages', empty(240)],
  ])('is refused: %s', async (_, message) => {
    expect(await setUp().ask(message)).toEqual(failure)
  })
})

describe('the log', () => {
  it('holds neither a private key nor a passphrase', async () => {
    const { ask, lines } = setUp()
    await ask(lockWith('open sesame'))
    await ask(unlockWith('open sesame'))
    const message = Buffer.from(addKey(key, 'comment'))
    message[message.length - 20]! ^= 1
    await ask(message)
    const secret = privateNumbers(key).d!
    const text = lines.join('')
    expect(text).not.toContain('sesame')
    for (const encoding of ['hex', 'base64', 'latin1'] as const) {
      expect(text).not.toContain(Buffer.from(secret).toString(encoding))
    }
  })
})

/** Signs in the pool, each time when that is let happen. */
function slowSigner() {
  const begun: (() => void)[] = []
  const signer: Signer = {
    ...signerOf('slow'),
    usesPool: true,
    sign: () => new Promise((resolve) => begun.push(() => resolve(Buffer.from('signature')))),
  }
  return { begun, signer }
}

describe('an agent that is locked while signatures wait for their turn', () => {
  it('gives none of them out, and begins no further one', async () => {
    const { begun, signer } = slowSigner()
    const { ask, connect, notices } = setUp([storeOf({ signer: () => signer })])
    const sign = async () => connect().handle(decodeRequest(signRequest(identity('slow').keyBlob, data)))
    const answers = [sign(), sign()]
    await settle()
    await ask(lockWith('x'))
    expect(begun).toHaveLength(1)
    begun[0]!()
    expect(await Promise.all(answers)).toEqual([failure, failure])
    expect(begun).toHaveLength(1)
    expect(notices.recent()).toMatchObject([{ reason: 'a signature of store came when it was locked', count: 2 }])
  })
})

describe('a connection that has closed', () => {
  it('has its wrong guess counted, and its right one is not tried', async () => {
    const { clock, connect, ask } = setUp()
    await ask(lockWith('x'))
    const wrong = ask(unlockWith('wrong'))
    while (clock.pendingTimers() === 0) await settle()
    const other = connect()
    const right = other.handle(decodeRequest(unlockWith('x')))
    other.close()
    expect(await right).toEqual(failure)
    clock.advance(100)
    expect(await wrong).toEqual(failure)
    expect(await ask(empty(number.removeAll))).toEqual(failure)
  })

  it('gets nothing signed that was still waiting for its turn', async () => {
    const { begun, signer } = slowSigner()
    const { connect } = setUp([storeOf({ signer: () => signer })])
    const [first, second, third] = [connect(), connect(), connect()]
    const sign = (session: typeof first) => session.handle(decodeRequest(signRequest(identity('slow').keyBlob, data)))
    const answers = [first, second, third].map(sign)
    second.close()
    await settle()
    // One at a time.
    expect(begun).toHaveLength(1)
    begun[0]!()
    expect(await answers[0]).toMatchObject({ type: 'sign-response' })
    expect(await answers[1]).toEqual(failure)
    await settle()
    expect(begun).toHaveLength(2)
    begun[1]!()
    expect(await answers[2]).toMatchObject({ type: 'sign-response' })
  })
})

describe('a list for a destination', () => {
  const host = otherKey
  const keyText = Buffer.from(blobOf(host)).toString('base64')
  const knownAs = (names: string) => `${names} ssh-ed25519 ${keyText}\n`
  const forHosts = (name: string, ...hosts: string[]): KeyStore => {
    const patterns = hosts.length === 0 ? undefined : hostPatterns(hosts)
    const identities = [identity(name)]
    const isFor: KeyStore['isFor'] = (destination) => patterns?.fit(destination) !== 'misfit'
    return storeOf({ identities: () => identities, isFor, hostsOf: () => patterns })
  }
  const settingsOf = (stores: readonly KeyStore[], more: Partial<ListSettings> = {}): ListSettings => ({
    ...plainLists,
    hosts: stores.flatMap((store) => store.hostsOf(identity('')) ?? []),
    ...more,
  })
  const stores = [
    forHosts('anywhere'),
    forHosts('elsewhere', '*.elsewhere.example'),
    forHosts('wide', '*.corp.example'),
    forHosts('exact', 'db.corp.example'),
    forHosts('by key', fingerprint(blobOf(host))),
  ]
  const world = (more: Surroundings & { list?: Partial<ListSettings> } = {}) =>
    setUp(stores, { settings: settingsOf(stores, more.list), ...more })

  it('has first what fits best, then what is for every host, and nothing that is for others', async () => {
    const { ask, comments } = world({ knownHosts: knownAs('db.corp.example') })
    await ask(bindTo(host, false))
    expect(await comments()).toEqual(['by key', 'exact', 'wide', 'anywhere'])
  })

  it('waits for no key that is for other hosts', async () => {
    const slow = { ...forHosts('elsewhere', '*.elsewhere.example'), identities: () => new Promise<never>(() => {}) }
    const slowWorld = [slow, forHosts('exact', 'db.corp.example')]
    const { ask, comments } = setUp(slowWorld, {
      settings: settingsOf(slowWorld),
      knownHosts: knownAs('db.corp.example'),
    })
    await ask(bindTo(host, false))
    expect(await comments()).toEqual(['exact'])
  })

  it('has everything where the client does not say where it goes, and what is for every host first', async () => {
    const { comments, files } = world()
    expect(await comments()).toEqual(['anywhere', 'elsewhere', 'wide', 'exact', 'by key'])
    expect(files.reads).toBe(0)
  })

  it('has what a name could fit last where nobody knows the host, which is noted', async () => {
    const keyOfAnother = forHosts('another key', `SHA256:${'a'.repeat(43)}`)
    const unnamed = [forHosts('elsewhere', '*.elsewhere.example'), forHosts('anywhere'), keyOfAnother]
    const { ask, comments, notices } = setUp(unnamed, { settings: settingsOf(unnamed) })
    await ask(bindTo(host, false))
    expect(await comments()).toEqual(['anywhere', 'elsewhere'])
    const reason = 'everything was listed: known_hosts has no name for the host that fits'
    expect(notices.recent()).toMatchObject([{ reason, count: 1, peer: 'test', host: fingerprint(blobOf(host)) }])
  })

  it('says of what is not shown on a forwarded connection only what would be for this host', async () => {
    const hidden = ['*.elsewhere.example', '*.corp.example'].map((hosts) => ({
      ...forHosts('hidden', hosts),
      name: `identity for ${hosts}`,
      isShownTo: () => false,
    }))
    const settings = settingsOf(hidden)
    const { ask, comments, notices } = setUp(hidden, { settings, knownHosts: knownAs('db.corp.example') })
    await ask(bindTo(key, true, 1))
    await ask(bindTo(host, false, 2))
    expect(await comments()).toEqual([])
    const reason = 'identity for *.corp.example was not shown on a forwarded connection: forward = "allow" shows it'
    expect(notices.recent()).toMatchObject([{ reason, host: fingerprint(blobOf(host)) }])
  })

  it('is for the last host of a chain, and the command line here says nothing of that', async () => {
    const second = key
    const { ask, comments } = world({
      knownHosts: `${knownAs('gate.corp.example')}other.elsewhere.example ssh-ed25519 ${Buffer.from(blobOf(second)).toString('base64')}\n`,
      commandLine: ['ssh', 'db.corp.example'],
    })
    await ask(bindTo(host, true, 1))
    expect(await comments()).toEqual(['anywhere', 'elsewhere', 'wide', 'exact', 'by key'])
    await ask(bindTo(second, false, 2))
    expect(await comments()).toEqual(['elsewhere', 'anywhere'])
  })

  it('is empty for a host whose key is revoked, and the log says why', async () => {
    const { ask, comments, lines, notices } = world({ knownHosts: `@revoked * ssh-ed25519 ${keyText}\n` })
    await ask(bindTo(host, false))
    expect(await comments()).toEqual([])
    expect(lines.join('')).toContain('@revoked')
    expect(notices.recent()).toMatchObject([{ reason: expect.stringContaining('@revoked') }])
  })

  it('knows what ssh has learned a moment ago, but does not ask twice in a second', async () => {
    const { ask, comments, files, clock } = world()
    await ask(bindTo(host, false))
    await comments()
    files.text = knownAs('db.corp.example')
    await comments()
    expect(files.reads).toBe(1)
    clock.advance(1_000)
    expect(await comments()).toEqual(['by key', 'exact', 'wide', 'anywhere'])
    expect(files.reads).toBe(2)
  })

  it('has an added key for the hosts that its fingerprint has in the configuration', async () => {
    const addedHosts = new Map([[fingerprint(blobOf(key)), hostPatterns(['old.example'])]])
    const settings = { ...plainLists, hosts: [...addedHosts.values()], addedHosts }
    const known = setUp([], { settings, knownHosts: knownAs('old.example') })
    await known.ask(addKey(key, 'for old machines'))
    await known.ask(bindTo(host, false))
    expect(await known.comments()).toEqual(['for old machines'])
    const other = setUp([], { settings, knownHosts: knownAs('new.example') })
    await other.ask(addKey(key, 'for old machines'))
    expect(await other.comments()).toEqual(['for old machines'])
    await other.ask(bindTo(host, false))
    expect(await other.comments()).toEqual([])
  })

  it('is cut where it is not known where the client goes, but not for programs that show keys, nor added keys', async () => {
    const list = { unboundMax: 2 }
    const cut = world({ list, commandLine: ['plink', 'host'] })
    await cut.ask(addKey(key, 'added'))
    expect(await cut.comments()).toEqual(['anywhere', 'added', 'elsewhere'])
    for (const program of ['ssh-add', '/usr/bin/ssh-keygen']) {
      const whole = world({ list, commandLine: [program, '-l'] })
      expect(await whole.comments()).toHaveLength(5)
    }
    const known = world({ list, commandLine: ['ssh'], knownHosts: knownAs('db.corp.example') })
    await known.ask(bindTo(host, false))
    expect(await known.comments()).toHaveLength(4)
  })

  it('has added keys first where that is wanted, among what fits equally well', async () => {
    const { ask, comments } = world({ list: { order: 'added-first' }, knownHosts: knownAs('db.corp.example') })
    await ask(addKey(key, 'added'))
    await ask(bindTo(host, false))
    expect(await comments()).toEqual(['by key', 'exact', 'wide', 'added', 'anywhere'])
  })

  it('is the same answer again until something changes', async () => {
    const { ask } = world({ knownHosts: knownAs('db.corp.example') })
    await ask(bindTo(host, false))
    const first = await ask(empty(number.list))
    expect(await ask(empty(number.list))).toBe(first)
  })
})

it('shows what the configured identities are now, on a connection that is open', async () => {
  const clock = fakeClock()
  const log = createLogger({ write: () => {}, level: 'debug' })
  const named = (name: string): KeyStore =>
    storeOf({
      identities: () => [identity(name)],
      signer: (keyBlob) => (Buffer.from(keyBlob).equals(identity(name).keyBlob) ? signerOf(name) : undefined),
    })
  let stores: readonly KeyStore[] = [named('one')]
  const session = createAgentSession({
    keyring: createKeyring({ clock }),
    stores: () => stores,
    upstreams: () => noUpstreams,
    lock: createLock({ clock }),
    lists: createIdentityLists({ log }),
    notices: createAgentNotices(clock),
    settings: () => plainLists,
    destinations: createDestinations({ knownHosts: noKnownHosts, clock, log }),
    clock,
    pool: createTurns(1),
    log,
    askPerson: nobody,
    peer: undefined,
  })
  const comments = async () => {
    const response = await session.handle({ type: 'request-identities' })
    return response.type === 'identities-answer' ? response.identities.map(({ comment }) => comment) : response.type
  }
  expect(await comments()).toEqual(['one'])
  stores = [named('two')]
  expect(await comments()).toEqual(['two'])
  const sign = { type: 'sign-request', data: Buffer.from('x'), flags: 0 } as const
  expect(await session.handle({ ...sign, keyBlob: identity('one').keyBlob })).toMatchObject({ type: 'failure' })
  expect(await session.handle({ ...sign, keyBlob: identity('two').keyBlob })).toMatchObject({ type: 'sign-response' })
})
