import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AgentError } from '../../../../src/agent/agent-error.ts'
import { createCertificateSource } from '../../../../src/agent/identities/certificate-source.ts'
import {
  type ConfiguredIdentityOptions,
  createConfiguredIdentity,
} from '../../../../src/agent/identities/configured-identity.ts'
import { createKeySigner } from '../../../../src/agent/keys/key-signer.ts'
import type { ConnectionView, Identity, KeyStore } from '../../../../src/agent/keys/key-store.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { verifySignature } from '../../../../src/ssh/signature.ts'
import { createTestIssuer, settle } from '../../../support/agent-issuer.ts'
import { rejection } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'

const local: ConnectionView = { bindings: [], isForwarded: false }
const forwarded: ConnectionView = { bindings: [], isForwarded: true }
const data = Buffer.from('signed')
const privateKey = generateKeyPairSync('ed25519').privateKey
const publicKey = publicKeyFromKeyObject(privateKey)
const plain: Identity = { keyBlob: publicKey.blob, comment: 'on a card' }
const another: Identity = { keyBlob: Buffer.from('garbage'), comment: 'another' }

/** Another agent that has the key. */
function agentWith(answers: Partial<KeyStore> = {}): KeyStore {
  return stubKeyStore({
    name: 'agent card',
    identities: async () => [another, plain],
    signer: async (blob) =>
      Buffer.compare(blob, plain.keyBlob) === 0 ? createKeySigner(plain, privateKey, publicKey) : undefined,
    ...answers,
  })
}

function setUp(options: Partial<ConfiguredIdentityOptions> = {}) {
  const clock = fakeClock()
  const issuer = createTestIssuer(clock)
  const shown: string[] = []
  const identity = createConfiguredIdentity({
    name: 'ops',
    comment: 'ops@corp',
    keyType: 'ed25519',
    upstreamKey: fingerprint(publicKey.blob),
    slowKeys: createTurns(1),
    issuer,
    source: createCertificateSource({ name: 'vault corp', clock, log: silentLogger }),
    clock,
    random: () => 0.5,
    log: silentLogger,
    renew: 'when-used',
    forward: 'allow',
    confirm: 'never',
    listKey: false,
    publish: async ({ publicKey: { blob }, certificate }) => {
      shown.push(`${fingerprint(blob)}${certificate === undefined ? '' : ' certified'}`)
    },
    ...options,
  })
  const through = (agents: readonly KeyStore[], connection = local) => identity.through!(agents, connection)
  /** Lists, and has what this needs certified. */
  const listNew = async (store: KeyStore) => {
    const listing = store.identities(local)
    await settle()
    const certificate = issuer.succeed()
    return { identities: await listing, certificate }
  }
  return { clock, issuer, shown, identity, through, listNew }
}

const list = async (store: KeyStore, connection = local) => await store.identities(connection)

describe('an identity whose key another agent has', () => {
  it('is certified when an agent first lists the key, and signs by way of that agent', async () => {
    const { identity, through, listNew, issuer, shown } = setUp({ renew: 'always' })
    identity.start()
    expect(issuer.calls).toHaveLength(0)
    expect(identity.status()).toMatchObject({
      state: 'none',
      keyType: 'unknown',
      lastError: { code: 'UPSTREAM_KEY_AWAY', message: expect.stringContaining('no agent has been asked yet') },
    })
    const store = through([agentWith()])
    const { identities, certificate } = await listNew(store)
    expect(issuer.calls[0]!.publicKey.blob).toEqual(publicKey.blob)
    expect(identities).toEqual([{ keyBlob: certificate.blob, comment: expect.stringContaining('ops: ops@corp until') }])
    expect(identity.status()).toMatchObject({ state: 'fresh', keyType: 'ssh-ed25519' })
    expect(identity.status()).not.toHaveProperty('lastError')
    const signer = await store.signer(certificate.blob)
    expect(signer!.identity).toBe(identities[0])
    expect(verifySignature(publicKey, data, await signer!.sign(data, 0))).toBe(true)
    expect(shown).toEqual([fingerprint(publicKey.blob), `${fingerprint(publicKey.blob)} certified`])
  })

  it('lists the same array again, and fetches no second certificate for another connection', async () => {
    const { through, listNew, issuer } = setUp()
    const { identities } = await listNew(through([agentWith()]))
    expect(await list(through([agentWith()]))).toBe(identities)
    expect(issuer.calls).toHaveLength(1)
  })

  it('leaves the plain key to its agent', async () => {
    const { through, listNew } = setUp()
    const store = through([agentWith()])
    await listNew(store)
    expect(await store.signer(publicKey.blob)).toBeUndefined()
  })

  it('is not listed while no agent lists the key, and says why; then it is there again', async () => {
    const { identity, through, listNew } = setUp()
    const { identities, certificate } = await listNew(through([agentWith()]))
    const away = () => Promise.reject(new Error('the agent card cannot be reached'))
    const without = through([
      agentWith({ identities: away, signer: async () => undefined }),
      agentWith({ identities: async () => [another], signer: async () => undefined }),
    ])
    expect(await rejection(list(without))).toMatchObject({
      code: 'UPSTREAM_KEY_AWAY',
      message: `no agent lists the key ${fingerprint(publicKey.blob)} of identity ops: the agent card cannot be reached`,
    })
    expect(await without.signer(certificate.blob)).toBeUndefined()
    expect(identity.status()).toMatchObject({ state: 'fresh', lastError: { code: 'UPSTREAM_KEY_AWAY' } })
    expect(await list(through([agentWith()]))).toBe(identities)
    expect(identity.status()).not.toHaveProperty('lastError')
  })

  it('is not said to be away because a client has gone', async () => {
    const { identity, through, listNew } = setUp()
    await listNew(through([agentWith()]))
    const gone = () => Promise.reject(new AgentError('CLIENT_GONE', 'the client did not wait for the agent card'))
    expect(await rejection(list(through([agentWith({ identities: gone })])))).toMatchObject({ code: 'CLIENT_GONE' })
    expect(identity.status()).not.toHaveProperty('lastError')
  })

  it('is renewed ahead of time once it has signed, and its agent need not be there for that', async () => {
    const { identity, through, listNew, issuer, clock } = setUp()
    identity.start()
    const store = through([agentWith()])
    const { certificate } = await listNew(store)
    await (await store.signer(certificate.blob))!.sign(data, 0)
    clock.advance(0.75 * 3_600_000)
    await settle()
    expect(issuer.calls).toHaveLength(2)
  })

  it('takes no certificate of an agent for the key', async () => {
    const { through, listNew } = setUp()
    const { certificate } = await listNew(through([agentWith()]))
    const other = setUp()
    const onlyCertified = agentWith({ identities: async () => [{ keyBlob: certificate.blob, comment: '' }] })
    expect(await rejection(list(other.through([onlyCertified])))).toMatchObject({ code: 'UPSTREAM_KEY_AWAY' })
  })

  it('is out of reach where its agent is not shown, and blames no agent for it', async () => {
    const { identity, through, listNew } = setUp()
    const agent = agentWith({ isShownTo: ({ isForwarded }) => !isForwarded })
    const { certificate } = await listNew(through([agent]))
    const remote = through([agent], forwarded)
    expect(await rejection(list(remote, forwarded))).toMatchObject({
      message: expect.stringContaining('no agent that is shown on a forwarded connection lists the key'),
      hint: 'forward = "allow" in the [ssh.upstream.NAME] that has it',
    })
    expect(await remote.signer(certificate.blob)).toBeUndefined()
    expect(identity.status()).not.toHaveProperty('lastError')
  })

  it('is as strict as its own settings and those of its agent are together', async () => {
    const { through, listNew } = setUp({ confirm: 'forwarded', sign: ['login', 'other'] })
    const store = through([agentWith({ confirmOf: () => 'always', uses: () => ['login'] })])
    const { identities, certificate } = await listNew(store)
    // Until it is known which agent signs, the strictest counts.
    expect(store.confirmOf(identities[0]!)).toBe('always')
    await store.signer(certificate.blob)
    expect(store.confirmOf(identities[0]!)).toBe('always')
    expect(store.uses(local)).toEqual(['login', 'other'])
    expect(store.objection(identities[0]!, local, data)).toBe('its agent card signs login')
    const milder = through([agentWith()])
    await milder.signer(certificate.blob)
    expect(milder.confirmOf(identities[0]!)).toBe('forwarded')
    expect(milder.objection(identities[0]!, local, data)).toBeUndefined()
  })

  it('forgets the key at a logout, until an agent lists it again', async () => {
    const { identity, through, listNew, issuer } = setUp()
    const store = through([agentWith()])
    await listNew(store)
    await identity.clear()
    expect(identity.status()).toMatchObject({ state: 'none', keyType: 'unknown' })
    await listNew(store)
    expect(issuer.calls).toHaveLength(2)
  })
})
