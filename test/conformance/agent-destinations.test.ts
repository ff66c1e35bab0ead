import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ConstrainedHost,
  type DestinationConstraint,
  restrictDestinationName,
  writeDestinations,
} from '../../src/agent/protocol/destination-constraints.ts'
import { publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { signData } from '../../src/ssh/signature.ts'
import { SshWriter } from '../../src/ssh/wire.ts'
import { certifyForTest, testCaBlob } from '../support/agent-issuer.ts'
import {
  addKey,
  bindContents,
  empty,
  extension,
  extensionConstraint,
  number,
  readIdentities,
  removeKey,
  reply,
  signRequest,
  userauthRequest,
} from '../support/agent-messages.ts'
import { agentSubjects, connectRaw, type RawClient, type RunningAgent } from '../support/agent-subject.ts'
import { fakeClock } from '../support/fake-clock.ts'

const newKey = () => generateKeyPairSync('ed25519').privateKey
const blobOf = (key: KeyObject) => publicKeyFromKeyObject(key).blob
const [mine, gate, web, other] = [newKey(), newKey(), newKey(), newKey()]
const blob = blobOf(mine)
const certifiedWeb = (fields: Parameters<typeof certifyForTest>[2] = {}) =>
  certifyForTest(publicKeyFromKeyObject(web), fakeClock(Date.now()), {
    certificateType: 'host',
    principals: ['web.example'],
    extensions: new Map(),
    ...fields,
  }).blob

const host = (hostname: string, key: Uint8Array, isCa = false): ConstrainedHost => ({
  hostname,
  keys: [{ blob: key, isCa }],
})
const to = (there: ConstrainedHost, user?: string): DestinationConstraint => ({ from: undefined, to: there, user })
const toGate = to(host('gate', blobOf(gate)))
const toWeb = to(host('web.example', blobOf(web)))
const gateToWeb = { from: host('gate', blobOf(gate)), to: host('web.example', blobOf(web)), user: undefined }
const byCa = to(host('web.example', testCaBlob, true))

/** A bind of a connection. @param shown what the host shows: its key, unless it is a certificate */
interface Bind {
  key: KeyObject
  shown?: Uint8Array
  forwards?: true
  session: number
}
const at = (session: number, key: KeyObject, more: Partial<Bind> = {}): Bind => ({ key, session, ...more })
const forwarding = { forwards: true } as const

function bindMessage({ key, shown = blobOf(key), forwards, session }: Bind): Uint8Array {
  const sessionId = Buffer.alloc(32, session)
  const signature = signData(key, 'ssh-ed25519', sessionId)
  const contents = bindContents({ hostKeyBlob: shown, sessionId, signature, isForwarding: forwards === true })
  return extension('session-bind@openssh.com', contents)
}

/** The login of jo by the host-bound method, unless something else is said. */
const loginTo = (session: number, hostKeyBlob: Uint8Array | undefined, keyBlob = blob, user = 'jo') =>
  userauthRequest({ user, keyBlob, sessionId: Buffer.alloc(32, session), ...(hostKeyBlob && { hostKeyBlob }) })

type Case = [
  what: string,
  constraints: readonly DestinationConstraint[],
  binds: readonly Bind[],
  data: Uint8Array,
  sees: boolean,
  signs: boolean,
]
const webLogin = loginTo(2, blobOf(web))
const cases: readonly Case[] = [
  ['a client that has not bound sees it, and signs nothing', [toWeb], [], webLogin, true, false],
  ['its destination', [toWeb], [at(2, web)], webLogin, true, true],
  ['its destination without the host-bound method', [toWeb], [at(2, web)], loginTo(2, undefined), true, true],
  ['another destination', [toWeb], [at(2, other)], loginTo(2, blobOf(other)), false, false],
  ['one of several destinations', [toGate, toWeb], [at(2, web)], webLogin, true, true],
  ['another host in the login than in the bind', [toWeb, toGate], [at(2, web)], loginTo(2, blobOf(gate)), true, false],
  ['another session in the login than in the bind', [toWeb], [at(2, web)], loginTo(3, blobOf(web)), true, false],
  ['a login with another key', [toWeb], [at(2, web)], loginTo(2, blobOf(web), blobOf(other)), true, false],
  ['what is no login', [toWeb], [at(2, web)], Buffer.from('anything'), true, false],
  ['a user that fits', [to(toWeb.to, 'j*')], [at(2, web)], webLogin, true, true],
  ['a user behind a NUL', [to(toWeb.to, 'j*')], [at(2, web)], loginTo(2, blobOf(web), blob, 'jo\0x'), true, false],
  ['a user that does not fit', [to(toWeb.to, 'root')], [at(2, web)], webLogin, true, false],
  ['a gate that may log in, and not use it further', [toGate], [at(1, gate, forwarding)], webLogin, false, false],
  ['a gate beyond which it may be used', [toGate, gateToWeb], [at(1, gate, forwarding)], webLogin, true, false],
  ['a way', [toGate, gateToWeb], [at(1, gate, forwarding), at(2, web)], webLogin, true, true],
  ['a way without its first part', [gateToWeb], [at(1, gate, forwarding), at(2, web)], webLogin, false, false],
  ['a way by another gate', [toGate, gateToWeb], [at(1, other, forwarding), at(2, web)], webLogin, false, false],
  [
    'a way without the host-bound method',
    [toGate, gateToWeb],
    [at(1, gate, forwarding), at(2, web)],
    loginTo(2, undefined),
    true,
    false,
  ],
  [
    'a destination with a certificate of its CA',
    [byCa],
    [at(2, web, { shown: certifiedWeb() })],
    loginTo(2, certifiedWeb()),
    true,
    false,
  ],
  [
    'a certificate for another name',
    [byCa],
    [at(2, web, { shown: certifiedWeb({ principals: ['db.example'] }) })],
    webLogin,
    false,
    false,
  ],
  [
    'a certificate that has ended',
    [byCa],
    [at(2, web, { shown: certifiedWeb({ validAfter: 1n, validBefore: 2n }) })],
    webLogin,
    false,
    false,
  ],
  [
    'a user’s certificate',
    [byCa],
    [at(2, web, { shown: certifiedWeb({ certificateType: 'user' }) })],
    webLogin,
    false,
    false,
  ],
  [
    'a certificate where the plain key is named',
    [toWeb],
    [at(2, web, { shown: certifiedWeb() })],
    webLogin,
    false,
    false,
  ],
  ['a plain key that is that of the CA', [to(host('x', blobOf(web), true))], [at(2, web)], webLogin, false, false],
]

/** OpenSSH has this from 10.3 on: a certificate without names is for nobody, not for everybody. */
const newerCases: readonly Case[] = [
  [
    'a certificate for nobody',
    [byCa],
    [at(2, web, { shown: certifiedWeb({ principals: [] }) })],
    webLogin,
    false,
    false,
  ],
]

describe.each(agentSubjects)('destinations of a key, kept by $name', (subject) => {
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

  const ask = async (message: Uint8Array, on = client) => (await on.ask(message))?.[0]
  const add = (contents: Uint8Array, on = client) =>
    ask(addKey(mine, 'mine', { constraints: [extensionConstraint(restrictDestinationName, contents)] }), on)
  const bound = async (binds: readonly Bind[]) => {
    const connection = await connectRaw(agent.socketPath)
    for (const bind of binds) expect(await ask(bindMessage(bind), connection)).toBe(reply.success)
    return connection
  }

  // 9.2 is what the other agent is.
  const isOurs = subject.name === 'latchkey'
  it.each([...cases, ...(isOurs ? newerCases : [])])('%s', async (_, constraints, binds, data, sees, signs) => {
    expect(await add(writeDestinations(constraints))).toBe(reply.success)
    const connection = await bound(binds)
    const listed = readIdentities((await connection.ask(empty(number.list)))!)
    expect(listed).toHaveLength(sees ? 1 : 0)
    expect(await ask(signRequest(blob, data), connection)).toBe(signs ? reply.signature : reply.failure)
    connection.close()
  })

  it('with a certificate of the CA, and the very certificate in the login', async () => {
    await add(writeDestinations([byCa]))
    const shown = certifiedWeb()
    const connection = await bound([at(2, web, { shown })])
    expect(await ask(signRequest(blob, loginTo(2, shown)), connection)).toBe(reply.signature)
    connection.close()
  })

  it('hide it, too, from who would remove or replace it', async () => {
    await add(writeDestinations([toWeb]))
    const elsewhere = await bound([at(1, other)])
    expect(await ask(removeKey(blob), elsewhere)).toBe(reply.failure)
    expect(await ask(addKey(mine, 'replaced'), elsewhere)).toBe(reply.failure)
    const there = await bound([at(2, web)])
    expect(await ask(signRequest(blob, webLogin), there)).toBe(reply.signature)
    expect(await ask(removeKey(blob), there)).toBe(reply.success)
    elsewhere.close()
    there.close()
  })

  it('are gone when it is replaced by one without', async () => {
    await add(writeDestinations([toWeb]))
    expect(await ask(addKey(mine, 'everywhere'))).toBe(reply.success)
    expect(await ask(signRequest(blob, Buffer.from('anything')))).toBe(reply.signature)
  })

  it('go along a way of sixteen hosts', async () => {
    const hosts = Array.from({ length: 16 }, newKey)
    const constraints = hosts.map((key, index) => ({
      from: index === 0 ? undefined : host('h', blobOf(hosts[index - 1]!)),
      to: host('h', blobOf(key)),
      user: undefined,
    }))
    expect(await add(writeDestinations(constraints))).toBe(reply.success)
    const connection = await bound(hosts.map((key, index) => at(index, key, index < 15 ? forwarding : {})))
    expect(await ask(signRequest(blob, loginTo(15, blobOf(hosts[15]!))), connection)).toBe(reply.signature)
    connection.close()
  })

  const hop = (user: string, hostname: string, keys: Uint8Array = new Uint8Array(0), reserved = '') =>
    new SshWriter().string(user).string(hostname).string(reserved).raw(keys).bytes()
  const keySpec = (key = blobOf(web)) => new SshWriter().string(key).byte(0).bytes()
  const constraint = (from: Uint8Array, there: Uint8Array, reserved = '', rest: Uint8Array = new Uint8Array(0)) =>
    new SshWriter().string(new SshWriter().string(from).string(there).string(reserved).raw(rest).bytes()).bytes()
  const here = hop('', '')
  const there = hop('', 'web', keySpec())
  const faults: readonly [string, Uint8Array][] = [
    ['a user on the near side', constraint(hop('jo', 'gate', keySpec()), there)],
    ['a near side without keys', constraint(hop('', 'gate'), there)],
    ['a near side without a name', constraint(hop('', '', keySpec()), there)],
    ['a far side without keys', constraint(here, hop('', 'web'))],
    ['a far side without a name', constraint(here, hop('', '', keySpec()))],
    ['a NUL in the name of a host', constraint(here, hop('', 'we\0b', keySpec()))],
    ['a NUL in a user', constraint(here, hop('j\0o', 'web', keySpec()))],
    ['extensions of a host', constraint(here, hop('', 'web', keySpec(), 'x'))],
    ['extensions of all', constraint(here, there, 'x')],
    [
      'a key of a kind that nobody knows',
      constraint(here, hop('', 'web', keySpec(new SshWriter().string('x').bytes()))),
    ],
    ['more than can be looked at', Buffer.concat(Array.from({ length: 1025 }, () => constraint(here, there)))],
    ['a cut', constraint(here, there).subarray(0, 40)],
  ]

  /** `ssh-agent` does not look behind the end (docs/PROTOCOL.md P-13). */
  const ourFaults: typeof faults = [['something behind it', constraint(here, there, '', Buffer.of(0))]]
  it.each([...faults, ...(isOurs ? ourFaults : [])])('with %s are refused with the key', async (_, contents) => {
    expect(await add(constraint(here, there))).toBe(reply.success)
    expect(await ask(removeKey(blob))).toBe(reply.success)
    expect(await add(contents)).toBe(reply.failure)
    expect(readIdentities((await client.ask(empty(number.list)))!)).toEqual([])
  })
})
