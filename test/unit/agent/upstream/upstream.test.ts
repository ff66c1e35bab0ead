import { describe, expect, it } from 'vitest'
import type { AgentRequest, AgentResponse } from '../../../../src/agent/protocol/messages.ts'
import { encodeResponse } from '../../../../src/agent/protocol/responses.ts'
import type { UpstreamOptions } from '../../../../src/agent/upstream/open-upstream.ts'
import { createUpstream } from '../../../../src/agent/upstream/upstream.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { rejection } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { type AgentReply, stubAgent } from '../../../support/stub-agent.ts'

const local = { bindings: [], isForwarded: false }
const forwarded = { bindings: [], isForwarded: true }
const one = { keyBlob: Buffer.from('one'), comment: 'one' }
const two = { keyBlob: Buffer.from('two'), comment: 'two' }

function setUp(reply: AgentReply, options: Partial<UpstreamOptions> = {}) {
  const clock = fakeClock()
  const lines: string[] = []
  const agents: ReturnType<typeof stubAgent>[] = []
  const upstream = createUpstream({
    name: 'card',
    socket: '/card.sock',
    adds: [],
    connect() {
      const agent = stubAgent(reply)
      agents.push(agent)
      return agent.stream
    },
    hosts: undefined,
    forward: 'never',
    confirm: 'never',
    sign: undefined,
    clock,
    log: createLogger({ level: 'info', write: (line) => lines.push(line) }),
    ...options,
  })
  return { clock, lines, agents, upstream }
}

const lists: AgentResponse = { type: 'identities-answer', identities: [one, two] }
const honest = (request: AgentRequest): AgentResponse => {
  if (request.type === 'request-identities') return lists
  if (request.type === 'sign-request')
    return { type: 'sign-response', signature: Buffer.concat([request.keyBlob, request.data]) }
  return { type: 'success' }
}

describe('an upstream agent', () => {
  it('is asked over one connection for each of ours, which is made when something is asked', async () => {
    const { upstream, agents } = setUp(honest)
    const [first, second] = [upstream.open(), upstream.open()]
    expect(agents).toHaveLength(0)
    const [a, b] = [await first.identities(local), await second.identities(local)]
    expect(a.map(({ comment }) => comment)).toEqual(['one', 'two'])
    // The same array, so that the answers to clients are made once.
    expect(b).toBe(a)
    await first.identities(local)
    expect(agents.map(({ requests }) => requests.length)).toEqual([2, 1])
    first.close()
    expect(agents.map(({ stream }) => stream.destroyed)).toEqual([true, false])
  })

  it('signs with what it has, and is not asked for other keys', async () => {
    const { upstream, agents } = setUp(honest)
    const open = upstream.open()
    const signer = await open.signer(Buffer.from('two'))
    expect(Buffer.from(await signer!.sign(Buffer.from('-data'), 2)).toString()).toBe('two-data')
    expect(agents[0]!.requests.at(-1)).toMatchObject({ type: 'sign-request', flags: 2 })
    expect(await open.signer(Buffer.from('three'))).toBeUndefined()
  })

  it('is told the binds of its connection, before anything is asked, in their order', async () => {
    const { upstream, agents } = setUp(honest)
    const open = upstream.open()
    open.bind(Buffer.from('first'))
    await open.identities(local)
    open.bind(Buffer.from('second'))
    await settle()
    const said = agents[0]!.requests.map((request) =>
      request.type === 'extension' ? Buffer.from(request.contents).toString() : request.type,
    )
    expect(said).toEqual(['first', 'request-identities', 'second'])
  })

  it('that was away meanwhile is told all binds again, and which agents the connection has come by', async () => {
    const { upstream, agents } = setUp(honest)
    const open = upstream.open([Buffer.from('token')])
    open.bind(Buffer.from('first'))
    await open.identities(local)
    open.bind(Buffer.from('second'))
    agents[0]!.stream.destroy()
    await settle()
    await open.identities(local)
    expect(
      agents[1]!.requests.map((request) => ('contents' in request ? String(request.contents) : request.type)),
    ).toEqual(['first', 'second', 'request-identities'])
    expect(agents[1]!.paths[0]).toHaveLength(2)
  })

  it('is told by which agents the connection has come, before all else', async () => {
    const { upstream, agents } = setUp(honest)
    await upstream.open().identities(local)
    await upstream.open([Buffer.from('first')]).identities(local)
    const told = agents.map(({ paths }) => paths.map((path) => path.map((token) => Buffer.from(token).toString('hex'))))
    const own = Buffer.from(upstream.token).toString('hex')
    expect(told).toEqual([[[own]], [[Buffer.from('first').toString('hex'), own]]])
    expect(upstream.token).toHaveLength(16)
    expect(setUp(honest).upstream.token).not.toEqual(upstream.token)
  })

  it('lists for 32 clients at once at most, so that a loop over agents that know no paths ends', async () => {
    let isSilent = true
    const { upstream, agents, clock } = setUp((request) => (isSilent ? undefined : honest(request)))
    const lists = Array.from({ length: 40 }, () => rejection(Promise.resolve(upstream.open().identities(local))))
    await settle()
    expect(agents).toHaveLength(32)
    clock.advance(1_000)
    for (const error of await Promise.all(lists)) expect(error).toMatchObject({ code: 'UPSTREAM_LATE' })
    // The others have not been connected behind everybody's back.
    expect(agents).toHaveLength(32)
    isSilent = false
    expect(await upstream.open().identities(local)).toHaveLength(2)
  })

  it('signs at once what it has listed on this connection', async () => {
    const { upstream, agents } = setUp(honest)
    const open = upstream.open()
    await open.identities(local)
    await (await open.signer(Buffer.from('two')))!.sign(Buffer.from('x'), 0)
    expect(agents[0]!.requests.map(({ type }) => type)).toEqual(['request-identities', 'sign-request'])
  })

  it('that knows no binds is used all the same', async () => {
    const { upstream } = setUp((request) => (request.type === 'extension' ? { type: 'failure' } : honest(request)))
    const open = upstream.open()
    open.bind(Buffer.from('bind'))
    expect(await open.identities(local)).toHaveLength(2)
  })

  it('has a second to list, and is not asked again while it owes an answer', async () => {
    const { upstream, clock, agents } = setUp(() => undefined)
    const open = upstream.open()
    for (let round = 0; round < 3; round += 1) {
      const late = rejection(Promise.resolve(open.identities(local)))
      await settle()
      clock.advance(1_000)
      expect(await late).toMatchObject({
        code: 'UPSTREAM_LATE',
        message: 'the agent card has not answered within 1 s',
      })
    }
    expect(agents[0]!.requests).toHaveLength(1)
    // Its late answer is the next list.
    const next = open.identities(local)
    agents[0]!.stream.push(encodeResponse(lists))
    expect(await next).toHaveLength(2)
  })

  it('says how its latest list went', async () => {
    let isBroken = false
    const { upstream } = setUp((request) => (isBroken ? { type: 'failure' } : honest(request)), { adds: ['sk'] })
    expect(upstream.status()).toEqual({ socket: '/card.sock', adds: ['sk'], added: 0 })
    const open = upstream.open()
    await open.identities(local)
    expect(upstream.status()).toEqual({ socket: '/card.sock', adds: ['sk'], added: 0, keys: 2 })
    isBroken = true
    await rejection(Promise.resolve(open.identities(local)))
    expect(upstream.status().lastError).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      message: 'the agent card has not listed its keys',
      hint: 'SSH_AUTH_SOCK=/card.sock ssh-add -l asks it without latchkey',
    })
    isBroken = false
    await open.identities(local)
    expect(upstream.status()).not.toHaveProperty('lastError')
  })

  it('has done nothing wrong where the client has gone', async () => {
    const { upstream } = setUp(() => undefined)
    const open = upstream.open()
    const listing = rejection(Promise.resolve(open.identities(local)))
    open.close()
    await listing
    expect(upstream.status()).not.toHaveProperty('lastError')
  })

  it('may take its time to sign: somebody may have to touch a token', async () => {
    const { upstream, clock, agents } = setUp((request) =>
      request.type === 'sign-request' ? undefined : honest(request),
    )
    const signer = await upstream.open().signer(Buffer.from('one'))
    const signature = Promise.resolve(signer!.sign(Buffer.from('x'), 0))
    await settle()
    clock.advance(10 * 60_000)
    agents[0]!.stream.push(encodeResponse({ type: 'sign-response', signature: Buffer.from('s') }))
    expect(Buffer.from(await signature).toString()).toBe('s')
  })

  it('signs with what it is known to have while it is too busy to list, and waits', async () => {
    let isBusy = false
    const { upstream, clock, agents } = setUp((request) => (isBusy ? undefined : honest(request)))
    await upstream.open().identities(local)
    isBusy = true
    // As plink and ssh2 do, which sign over a connection of its own.
    const other = upstream.open()
    const found = Promise.resolve(other.signer(Buffer.from('one')))
    await settle()
    clock.advance(1_000)
    const signature = Promise.resolve((await found)!.sign(Buffer.from('x'), 0))
    await settle()
    clock.advance(60_000)
    agents[1]!.stream.push(encodeResponse(lists))
    agents[1]!.stream.push(encodeResponse({ type: 'sign-response', signature: Buffer.from('s') }))
    expect(Buffer.from(await signature).toString()).toBe('s')
    const unknown = Promise.resolve(other.signer(Buffer.from('three')))
    await settle()
    clock.advance(1_000)
    expect(await unknown).toBeUndefined()
  })

  it('has a second more when the client sends nothing any more, and is then let go of', async () => {
    const { upstream, clock, agents } = setUp((request) =>
      request.type === 'sign-request' ? undefined : honest(request),
    )
    const open = upstream.open()
    const signer = await open.signer(Buffer.from('one'))
    const answered = Promise.resolve(signer!.sign(Buffer.from('x'), 0))
    open.leave()
    await settle()
    clock.advance(999)
    agents[0]!.stream.push(encodeResponse({ type: 'sign-response', signature: Buffer.from('s') }))
    expect(Buffer.from(await answered).toString()).toBe('s')
    const late = rejection(Promise.resolve(signer!.sign(Buffer.from('x'), 0)))
    clock.advance(1)
    expect(await late).toMatchObject({ code: 'CLIENT_GONE', message: 'the client did not wait for the agent card' })
    expect(agents[0]!.stream.destroyed).toBe(true)
  })

  it('is asked for nothing more when the client has gone', async () => {
    const { upstream } = setUp((request) => (request.type === 'sign-request' ? undefined : honest(request)))
    const open = upstream.open()
    const signer = await open.signer(Buffer.from('one'))
    const signature = rejection(Promise.resolve(signer!.sign(Buffer.from('x'), 0)))
    open.close()
    expect(await signature).toMatchObject({ code: 'CLIENT_GONE' })
    expect(await rejection(Promise.resolve(open.identities(local)))).toMatchObject({ code: 'CLIENT_GONE' })
  })

  it.each<[string, Uint8Array]>([
    ['an answer that is too long', Buffer.of(0x7f, 0xff, 0xff, 0xff)],
    ['an empty answer', Buffer.of(0, 0, 0, 0)],
  ])('that sends %s is not read further, and connected to anew', async (_, bytes) => {
    let isGarbage = true
    const { upstream, agents } = setUp((request) => (isGarbage ? bytes : honest(request)))
    const open = upstream.open()
    expect(await rejection(Promise.resolve(open.identities(local)))).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringContaining('does not speak the agent protocol'),
    })
    isGarbage = false
    expect(await open.identities(local)).toHaveLength(2)
    expect(agents).toHaveLength(2)
  })

  it.each<[string, Uint8Array]>([
    ['a number of answer that is none', Buffer.of(0, 0, 0, 1, 99)],
    ['a list that is cut', Buffer.of(0, 0, 0, 5, 12, 0, 0, 0, 9)],
  ])('that answers with %s lists nothing, and a signature looks elsewhere', async (_, bytes) => {
    const { upstream, lines } = setUp(() => bytes)
    const open = upstream.open()
    expect(await rejection(Promise.resolve(open.identities(local)))).toBeInstanceOf(Error)
    expect(await open.signer(Buffer.from('one'))).toBeUndefined()
    expect(lines.join()).toContain('an agent was not asked for a signature')
  })

  it('that answers what nobody asked is not believed', async () => {
    const { upstream, agents } = setUp(honest)
    const open = upstream.open()
    await open.identities(local)
    agents[0]!.stream.push(encodeResponse(lists))
    await settle()
    expect(agents[0]!.stream.destroyed).toBe(true)
    expect(await open.identities(local)).toHaveLength(2)
    expect(agents).toHaveLength(2)
  })

  it('that refuses to sign, or says something else, has not signed', async () => {
    for (const type of ['failure', 'success'] as const) {
      const { upstream } = setUp((request) => (request.type === 'sign-request' ? { type } : honest(request)))
      const signer = await upstream.open().signer(Buffer.from('one'))
      expect(await rejection(Promise.resolve(signer!.sign(Buffer.from('x'), 0)))).toMatchObject({
        code: 'UPSTREAM_REFUSED',
        message: 'the agent card has not signed',
      })
    }
  })

  it('is for this machine alone unless it says otherwise, and signs logins alone for others', () => {
    const shut = setUp(honest).upstream.open()
    expect([shut.isShownTo(local), shut.isShownTo(forwarded)]).toEqual([true, false])
    const open = setUp(honest, { forward: 'allow', confirm: 'forwarded' }).upstream.open()
    expect(open.isShownTo(forwarded)).toBe(true)
    expect([open.uses(local), open.uses(forwarded), open.confirmOf(one)]).toEqual([undefined, ['login'], 'forwarded'])
    expect(
      setUp(honest, { sign: ['sudo'] })
        .upstream.open()
        .uses(local),
    ).toEqual(['sudo'])
  })
})
