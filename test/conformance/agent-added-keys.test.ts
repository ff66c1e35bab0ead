import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { plainLists } from '../../src/agent/destination/arrangement.ts'
import { hostPatterns } from '../../src/agent/destination/host-patterns.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../src/ssh/public-key-line.ts'
import { verifySignature } from '../../src/ssh/signature.ts'
import { SshReader } from '../../src/ssh/wire.ts'
import { certifyForTest } from '../support/agent-issuer.ts'
import {
  addKey,
  bindTo,
  empty,
  extension,
  lifetime,
  lockWith,
  number,
  readIdentities,
  readSignature,
  removeKey,
  reply,
  signRequest,
} from '../support/agent-messages.ts'
import {
  agentSubjects,
  connectRaw,
  type RawClient,
  type RunningAgent,
  startOurAgent,
} from '../support/agent-subject.ts'
import { fakeClock } from '../support/fake-clock.ts'

const makeKey = () => generateKeyPairSync('ed25519').privateKey
const [key, another, host, otherHost] = [makeKey(), makeKey(), makeKey(), makeKey()]
const publicOf = publicKeyFromKeyObject
const blobOf = (one: KeyObject) => publicOf(one).blob
const data = Buffer.from('signed')
const patience = { timeout: 20_000, interval: 20 }

let agent: RunningAgent
let client: RawClient
const begin = async (start: () => Promise<RunningAgent>) => {
  agent = await start()
  client = await connectRaw(agent.socketPath)
}
afterEach(async () => {
  client.close()
  await agent.stop()
})

const ask = async (message: Uint8Array) => (await client.ask(message))?.[0]
const comments = async () => readIdentities((await client.ask(empty(number.list)))!).map(({ comment }) => comment)

describe.each(agentSubjects)('keys of ssh-add with $name', (subject) => {
  it('have their comments byte for byte', async () => {
    await begin(subject.start)
    // ssh-agent takes none with a NUL.
    const comment = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1))
    expect(await ask(addKey(key, comment))).toBe(reply.success)
    expect(await comments()).toEqual([comment.toString('latin1')])
  })

  it('go by the lifetime of the agent where they have none', async () => {
    await begin(() => subject.start({ lifetimeSeconds: 1 }))
    await ask(addKey(key, 'brief'))
    await ask(addKey(another, 'long', { constraints: [lifetime(3600)] }))
    await expect.poll(comments, patience).toEqual(['long'])
    expect(await ask(removeKey(blobOf(key)))).toBe(reply.failure)
  })

  it.each([
    ['forwarded', [bindTo(host, true)]],
    ['forwarded through two hosts', [bindTo(host, true, 1), bindTo(otherHost, true, 2)]],
    ['forwarded, and then bound by an ssh there', [bindTo(host, true, 1), bindTo(otherHost, false, 2)]],
    ['bound by an ssh here', [bindTo(host, false)]],
    ['bound in vain', [bindTo(host, false, 1, otherHost)]],
  ])('are listed and sign anything on a connection that is %s', async (_, binds) => {
    await begin(subject.start)
    await ask(addKey(key, 'one'))
    for (const bind of binds) await ask(bind)
    expect(await comments()).toEqual(['one'])
    const signature = readSignature((await client.ask(signRequest(blobOf(key), data)))!)
    expect(verifySignature(publicOf(key), data, signature)).toBe(true)
  })
})

describe.each(agentSubjects)('the extension query of $name', (subject) => {
  it('is answered once, with the extensions that are known, or not known itself', async () => {
    await begin(subject.start)
    const reader = new SshReader((await client.ask(extension('query')))!)
    const answer = reader.byte()
    // ssh-agent knows it from OpenSSH 10.3 on.
    if (subject.name === 'latchkey' || answer !== reply.failure) {
      expect([answer, reader.text()]).toEqual([reply.extensionResponse, 'query'])
      const names = []
      while (reader.remaining > 0) names.push(reader.text())
      // ssh-agent does not name query itself.
      expect(names.filter((name) => name !== 'query')).toEqual(['session-bind@openssh.com'])
    }
    expect(await comments()).toEqual([])
  })
})

// docs/PROTOCOL.md has a numbered entry for each of these.
describe('where we differ from ssh-agent on purpose', () => {
  it('an added certificate that has ended is not listed, and signs for who names it', async () => {
    await begin(startOurAgent)
    const ended = certifyForTest(publicOf(key), fakeClock(Date.now() - 7_200_000)).blob
    expect(await ask(addKey(key, 'ended', { certificate: ended }))).toBe(reply.success)
    expect(await ask(addKey(key, 'plain'))).toBe(reply.success)
    expect(await comments()).toEqual(['plain'])
    expect(await ask(signRequest(ended, data))).toBe(reply.signature)
    expect(await ask(removeKey(ended))).toBe(reply.success)
  })

  it('a forwarded connection adds, removes and locks nothing', async () => {
    await begin(startOurAgent)
    await ask(addKey(key, 'one'))
    await ask(bindTo(host, true))
    const changes = [addKey(another, ''), removeKey(blobOf(key)), empty(number.removeAll), lockWith('passphrase')]
    for (const change of changes) expect(await ask(change)).toBe(reply.failure)
    expect(await comments()).toEqual(['one'])
  })

  it('a connection that is bound to a host lists what is for it first, and nothing that is for others', async () => {
    const known = [host, otherHost].map(
      (one, index) => `${index === 0 ? 'db.example' : '@revoked *'} ${formatPublicKeyLine(blobOf(one), '')}\n`,
    )
    const added = [makeKey(), makeKey(), makeKey()]
    const addedHosts = new Map(
      ['web.example', '*.example'].map((pattern, index) => [
        fingerprint(blobOf(added[index + 1]!)),
        hostPatterns([pattern]),
      ]),
    )
    const settings = { ...plainLists, addedHosts, hosts: [...addedHosts.values()] }
    await begin(() => startOurAgent({ settings, knownHosts: known.join('') }))
    for (const [index, name] of ['anywhere', 'for web', 'for all of example'].entries())
      await ask(addKey(added[index]!, name))
    expect(await comments()).toEqual(['anywhere', 'for web', 'for all of example'])
    expect(await ask(bindTo(host, false))).toBe(reply.success)
    expect(await comments()).toEqual(['for all of example', 'anywhere'])
    // It says what to try, not what is allowed.
    expect(await ask(signRequest(blobOf(added[1]!), data))).toBe(reply.signature)
    client.close()
    client = await connectRaw(agent.socketPath)
    await ask(bindTo(otherHost, false))
    expect(await comments()).toEqual([])
  })
})
