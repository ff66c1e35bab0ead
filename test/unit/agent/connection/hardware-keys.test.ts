import { describe, expect, it } from 'vitest'
import { createAgentSession } from '../../../../src/agent/connection/session.ts'
import { createDestinations } from '../../../../src/agent/destination/destinations.ts'
import { createIdentityLists } from '../../../../src/agent/keys/identity-lists.ts'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import { createAgentNotices } from '../../../../src/agent/notices.ts'
import { agentPathName, writeAgentPath } from '../../../../src/agent/protocol/agent-path.ts'
import type { AgentRequest, HardwareKind } from '../../../../src/agent/protocol/messages.ts'
import { decodeRequest } from '../../../../src/agent/protocol/requests.ts'
import { encodeResponse } from '../../../../src/agent/protocol/responses.ts'
import { createUpstream } from '../../../../src/agent/upstream/upstream.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { settle } from '../../../support/agent-issuer.ts'
import {
  addSkKey,
  addToken,
  confirm,
  empty,
  extension,
  extensionConstraint,
  lifetime,
  lockWith,
  number,
  removeKey,
  removeToken,
  signRequest,
  skKeyBlob,
} from '../../../support/agent-messages.ts'
import { nobody } from '../../../support/agent-stubs.ts'
import { agentVector } from '../../../support/agent-vectors.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { noKnownHosts, plainLists } from '../../../support/list-settings.ts'
import { type AgentReply, stubAgent } from '../../../support/stub-agent.ts'

const success = { type: 'success' } as const
const failure = { type: 'failure' } as const
/** Lists the security key, and does whatever is asked. */
const willing: AgentReply = ({ type }) =>
  type === 'request-identities'
    ? { type: 'identities-answer', identities: [{ keyBlob: skKeyBlob, comment: 'sk' }] }
    : success

/** A connection of an agent with others behind it, which take what is said. */
function setUp(takers: readonly { adds: readonly HardwareKind[]; reply?: AgentReply }[]) {
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'debug' })
  const agents = takers.map(() => [] as ReturnType<typeof stubAgent>[])
  const upstreams = takers.map(({ adds, reply = willing }, index) =>
    createUpstream({
      name: `card${index}`,
      socket: '/card.sock',
      connect() {
        const agent = stubAgent(reply)
        agents[index]!.push(agent)
        return agent.stream
      },
      adds,
      hosts: undefined,
      forward: 'allow',
      confirm: 'never',
      sign: undefined,
      clock,
      log,
    }),
  )
  const notices = createAgentNotices(clock)
  const shared = {
    notices,
    keyring: createKeyring({ clock }),
    stores: () => [],
    upstreams: () => upstreams,
    settings: () => plainLists,
    lock: createLock({ clock, hash: async (_, salt) => salt }),
    lists: createIdentityLists({ log }),
    destinations: createDestinations({ knownHosts: noKnownHosts, clock, log }),
    pool: createTurns(1),
    askPerson: nobody,
    peer: undefined,
    clock,
    log,
  }
  const connect = () => {
    const session = createAgentSession(shared)
    return { session, ask: async (message: Uint8Array) => session.handle(decodeRequest(message)) }
  }
  const said = (index: number) => agents[index]!.flatMap(({ requests }) => requests)
  return { clock, lines, agents, notices, connect, said, ...connect() }
}

const pinOf = (request: AgentRequest | undefined) =>
  request?.type === 'add-token' ? Buffer.from(request.contents.expose()).toString('latin1') : undefined

describe('a key in hardware', () => {
  it('goes to the agent that takes its kind, with its constraints', async () => {
    const { ask, said } = setUp([{ adds: ['sk'] }, { adds: ['pkcs11'] }])
    expect(await ask(addSkKey([lifetime(60)]))).toEqual(success)
    // ssh-add -C of OpenSSH 9.6 and later: certificates of keys of the token.
    const certificates = extensionConstraint('associated-certs-v00@openssh.com', Buffer.from('certificates'))
    expect(await ask(addToken('/lib.so', '1234', [confirm, certificates]))).toEqual(success)
    expect(await ask(removeToken('/lib.so'))).toEqual(success)
    expect(said(0)).toMatchObject([{ type: 'add-sk-key', keyBlob: skKeyBlob, isConstrained: true }])
    expect(said(1).map(({ type }) => type)).toEqual(['add-token', 'remove-token'])
    expect(pinOf(said(1)[0])).toContain('1234\u0002')
    expect(pinOf(said(1)[0])).toMatch(/associated-certs-v00@openssh\.com.*certificates$/s)
  })

  it.each([
    ['security keys (FIDO)', addSkKey(), 'adds = ["sk"] in the [ssh.upstream.NAME]'],
    ['tokens (PKCS #11)', addToken('/lib.so', '1234'), 'adds = ["pkcs11"] in the [ssh.upstream.NAME]'],
    ['tokens (PKCS #11)', removeToken('/lib.so'), 'adds = ["pkcs11"] in the [ssh.upstream.NAME]'],
  ])('that nobody takes is refused, and log and status name the setting: %s', async (kind, message, hint) => {
    const { ask, lines, notices, agents } = setUp([{ adds: [] }])
    expect(await ask(message)).toEqual(failure)
    expect(agents.flat()).toEqual([])
    const { reason } = notices.recent()[0]!
    expect(reason).toContain(`no agent is configured that takes keys of ${kind}`)
    for (const text of [reason, lines.join('').replaceAll('\\"', '"')]) expect(text).toContain(hint)
  })

  it('is added from this machine alone: not on a connection that leads to a host, nor where a bind has failed', async () => {
    for (const bind of [agentVector('bind-ed25519', 'request'), extension('session-bind@openssh.com')]) {
      const { ask, said, notices } = setUp([{ adds: ['sk', 'pkcs11'] }])
      await ask(bind)
      for (const message of [addSkKey(), addToken('/lib.so', '1'), removeToken('/lib.so')])
        expect(await ask(message)).toEqual(failure)
      expect(said(0)).toEqual([])
      expect(notices.recent()[0]!.reason).toMatch(/asked for (remove|add)-/)
    }
  })

  it('is neither added nor removed while the agent is locked', async () => {
    const { ask, said } = setUp([{ adds: ['sk', 'pkcs11'] }])
    await ask(lockWith('x'))
    for (const message of [addSkKey(), addToken('/lib.so', '1'), removeToken('/lib.so'), removeKey(skKeyBlob)])
      expect(await ask(message)).toEqual(failure)
    expect(await ask(empty(number.removeAll))).toEqual(failure)
    expect(said(0)).toEqual([])
  })

  it('that the other agent refuses is refused, and the status says how to ask that agent itself', async () => {
    const { ask, notices } = setUp([{ adds: ['sk'], reply: () => failure }])
    expect(await ask(addSkKey())).toEqual(failure)
    expect(notices.recent()[0]!.reason).toBe(
      'the agent card0 has not added a key: SSH_AUTH_SOCK=/card.sock ssh-add … asks it without latchkey',
    )
    // So there is nothing to remove.
    expect(await ask(empty(number.removeAll))).toEqual(success)
  })

  it('leaves no PIN in the message, the frame or the log', async () => {
    const { ask, lines, agents } = setUp([{ adds: ['pkcs11'] }])
    const message = Buffer.from(addToken('/lib.so', 'secret-pin'))
    expect(await ask(message)).toEqual(success)
    await settle()
    const { requests, chunks } = agents[0]![0]!
    expect(pinOf(requests[0])).toContain('secret-pin')
    for (const bytes of [message, ...chunks]) expect(Buffer.from(bytes).toString('latin1')).not.toContain('secret-pin')
    expect(lines.join('')).not.toContain('secret-pin')
  })
})

describe('a connection with agents behind it', () => {
  const bind = (bytes: number) => extension('session-bind@openssh.com', Buffer.alloc(bytes))
  const list = empty(number.list)

  it('that binds more than can be passed on has none any more: they must not take it for another', async () => {
    for (const binds of [Array.from({ length: 33 }, () => 1), Array.from({ length: 3 }, () => 50_000)]) {
      const { ask, agents } = setUp([{ adds: [] }])
      expect(await ask(list)).toMatchObject({ identities: [{ comment: 'sk' }] })
      for (const bytes of binds) await ask(bind(bytes))
      expect(await ask(list)).toMatchObject({ identities: [] })
      expect(await ask(signRequest(skKeyBlob, Buffer.from('x')))).toEqual(failure)
      expect(agents[0]!.map(({ stream }) => stream.destroyed)).toEqual([true])
    }
  })

  it('passes on as many as there may be, and keeps no more', async () => {
    const { ask, said, agents } = setUp([{ adds: [] }])
    for (let count = 0; count < 32; count += 1) await ask(bind(4_000))
    expect(await ask(list)).toMatchObject({ identities: [{ comment: 'sk' }] })
    expect(said(0).map(({ type }) => type)).toEqual([
      ...Array.from({ length: 32 }, () => 'extension'),
      'request-identities',
    ])
    expect(agents[0]).toHaveLength(1)
  })

  it('gets no signature that comes when the agent is locked: somebody may have touched too late', async () => {
    const { ask, agents } = setUp([
      { adds: [], reply: (request) => (request.type === 'sign-request' ? undefined : willing(request)) },
    ])
    const signature = ask(signRequest(skKeyBlob, Buffer.from('x')))
    await settle()
    expect(await ask(lockWith('p'))).toEqual(success)
    agents[0]![0]!.stream.push(encodeResponse({ type: 'sign-response', signature: Buffer.from('s') }))
    expect(await signature).toEqual(failure)
  })

  it('lets go of a signature that nobody waits for, a second after the client has ended its side', async () => {
    const { session, ask, clock, agents } = setUp([
      { adds: [], reply: (request) => (request.type === 'sign-request' ? undefined : willing(request)) },
    ])
    const signature = ask(signRequest(skKeyBlob, Buffer.from('x')))
    await settle()
    session.leave()
    clock.advance(1_000)
    expect(await signature).toEqual(failure)
    expect(agents[0]![0]!.stream.destroyed).toBe(true)
  })
})

describe('a connection that has come by another agent', () => {
  const path = (...tokens: readonly Uint8Array[]) => extension(agentPathName, writeAgentPath(tokens))

  it('tells the next one by which it has come', async () => {
    const { ask, agents } = setUp([{ adds: [] }])
    expect(await ask(path(Buffer.from('before')))).toEqual(success)
    await ask(empty(number.list))
    expect(agents[0]![0]!.paths[0]!.map((token) => Buffer.from(token).toString('latin1'))[0]).toBe('before')
  })

  it('gets nothing if it is our own: that would never end', async () => {
    const { ask, connect, agents, notices } = setUp([{ adds: ['sk'] }])
    await connect().ask(empty(number.list))
    const [token] = agents[0]![0]!.paths[0]!
    expect(await ask(path(Buffer.from('before'), token!))).toEqual(success)
    expect(await ask(empty(number.list))).toEqual({ type: 'identities-answer', identities: [] })
    for (const message of [signRequest(skKeyBlob, Buffer.from('x')), addSkKey(), removeKey(skKeyBlob), lockWith('x')])
      expect(await ask(message)).toEqual(failure)
    expect(agents.flat()).toHaveLength(1)
    expect(notices.recent()[0]!.reason).toBe('the agent card0 leads back here')
  })

  it.each([
    ['by too many', path(...Array.from({ length: 9 }, () => Buffer.from('x')))],
    ['by one with a long token', path(Buffer.alloc(33))],
    ['by what cannot be read', extension(agentPathName, Buffer.of(0, 0, 0, 9))],
  ])('gets nothing if it has come %s', async (_, message) => {
    const { ask, agents } = setUp([{ adds: [] }])
    expect(await ask(message)).toEqual({ type: 'extension-failure' })
    expect(await ask(empty(number.list))).toEqual({ type: 'identities-answer', identities: [] })
    expect(agents.flat()).toEqual([])
  })
})

describe('removing', () => {
  it('a key that an agent with `adds` lists is passed on to it', async () => {
    const { ask, said } = setUp([{ adds: [] }, { adds: ['sk'] }])
    expect(await ask(removeKey(skKeyBlob))).toEqual(success)
    expect(said(0)).toEqual([])
    expect(said(1).at(-1)).toMatchObject({ type: 'remove-identity', keyBlob: skKeyBlob })
    expect(await ask(removeKey(Buffer.from('another')))).toEqual(failure)
  })

  it('everything removes what was added by way of us, on whatever connection, and nothing else', async () => {
    const { ask, connect, said } = setUp([{ adds: ['sk', 'pkcs11'] }, { adds: [] }])
    await connect().ask(addSkKey())
    await connect().ask(addToken('/lib.so', '1234'))
    await connect().ask(addToken('/gone.so', '1234'))
    await connect().ask(removeToken('/gone.so'))
    const before = said(0).length
    expect(await ask(empty(number.removeAll))).toEqual(success)
    const removals = said(0).slice(before)
    expect(removals).toMatchObject([
      { type: 'remove-identity', keyBlob: skKeyBlob },
      { type: 'remove-token', provider: Buffer.from('/lib.so') },
    ])
    // Once.
    expect(await ask(empty(number.removeAll))).toEqual(success)
    expect([said(0).length - before, said(1).length]).toEqual([2, 0])
  })

  it('everything fails while an agent does not answer, and is tried again', async () => {
    let isSilent = false
    const { ask, clock, said, notices } = setUp([
      { adds: ['sk'], reply: (request) => (isSilent ? undefined : willing(request)) },
    ])
    await ask(addSkKey())
    isSilent = true
    const late = ask(empty(number.removeAll))
    await settle()
    clock.advance(1_000)
    expect(await late).toEqual(failure)
    expect(notices.recent()[0]!.reason).toContain('the agent card0 has not answered within 1 s')
    isSilent = false
    expect(await ask(empty(number.removeAll))).toEqual(success)
    expect(said(0).filter(({ type }) => type === 'remove-identity')).toHaveLength(2)
  })

  it('everything forgets what is not there any more', async () => {
    const { ask, said } = setUp([
      { adds: ['sk'], reply: (request) => (request.type === 'remove-identity' ? failure : willing(request)) },
    ])
    await ask(addSkKey())
    for (let round = 0; round < 2; round += 1) expect(await ask(empty(number.removeAll))).toEqual(success)
    expect(said(0).map(({ type }) => type)).toEqual(['add-sk-key', 'remove-identity'])
  })

  it('everything removes what was being added when the client went away', async () => {
    const { ask, session, connect, said } = setUp([
      { adds: ['sk'], reply: (request) => (request.type === 'add-sk-key' ? undefined : willing(request)) },
    ])
    const adding = ask(addSkKey())
    await settle()
    session.close()
    expect(await adding).toEqual(failure)
    expect(await connect().ask(empty(number.removeAll))).toEqual(success)
    expect(said(0).at(-1)).toMatchObject({ type: 'remove-identity', keyBlob: skKeyBlob })
  })
})
