import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, it } from 'vitest'
import { createAgentSession } from '../../../../src/agent/connection/session.ts'
import { createDestinations } from '../../../../src/agent/destination/destinations.ts'
import { createIdentityLists } from '../../../../src/agent/keys/identity-lists.ts'
import type { ConfirmPolicy, KeyStore } from '../../../../src/agent/keys/key-store.ts'
import { createKeyring } from '../../../../src/agent/keys/keyring.ts'
import { createStaticKeys } from '../../../../src/agent/keys/static-keys.ts'
import { createLock } from '../../../../src/agent/lock/lock.ts'
import { createAgentNotices } from '../../../../src/agent/notices.ts'
import { decodeRequest } from '../../../../src/agent/protocol/requests.ts'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { addKey, bindTo, confirm, lifetime, signRequest, userauthRequest } from '../../../support/agent-messages.ts'
import { noUpstreams } from '../../../support/agent-stubs.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { noKnownHosts, plainLists } from '../../../support/list-settings.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'

const key = generateKeyPairSync('ed25519').privateKey
const { blob } = publicKeyFromKeyObject(key)
const request = signRequest(blob, userauthRequest({ keyBlob: blob }))
const failure = { type: 'failure' }
const signed = { type: 'sign-response' }

interface World {
  /** Of the static key. */
  policy?: ConfirmPolicy
  load?: () => Promise<KeyObject>
  says?: boolean
  /** Behind the static key. */
  others?: readonly KeyStore[]
}
/** One key that is static, and that ssh-add may add too. */
function setUp({ policy = 'never', load = async () => key, says = true, others = [] }: World = {}) {
  const clock = fakeClock()
  const seen = { asked: 0, loads: 0 }
  const staticKeys = createStaticKeys({
    clock,
    load() {
      seen.loads += 1
      return load()
    },
    onKeysReleased() {},
  })
  staticKeys.use([
    { name: 'mm', keyBlob: blob, comment: 'mm', hosts: undefined, confirm: policy, lifetimeSeconds: undefined },
  ])
  const stores = [staticKeys, ...others]
  const session = createAgentSession({
    keyring: createKeyring({ clock }),
    stores: () => stores,
    upstreams: () => noUpstreams,
    lock: createLock({ clock }),
    lists: createIdentityLists({ log: silentLogger }),
    notices: createAgentNotices(clock),
    settings: () => plainLists,
    destinations: createDestinations({ knownHosts: noKnownHosts, clock, log: silentLogger }),
    clock,
    pool: createTurns(1),
    async askPerson() {
      seen.asked += 1
      return says
    },
    log: silentLogger,
    peer: undefined,
  })
  return { clock, seen, ask: async (message: Uint8Array) => session.handle(decodeRequest(message)) }
}
const locked = () => Promise.reject(new Error('locked'))

it('a static key that was added with -c as well is confirmed, in memory or not', async () => {
  for (const isLoaded of [true, false]) {
    const { ask, seen } = setUp({ says: false })
    if (isLoaded) expect(await ask(request)).toMatchObject(signed)
    await ask(addKey(key, 'mine', { constraints: [confirm] }))
    expect(await ask(request)).toEqual(failure)
    expect(seen.asked).toBe(1)
  }
})

it('the other way round, what the static key wants counts for the added one, while it is there and after', async () => {
  const { ask, seen, clock } = setUp({ policy: 'always' })
  await ask(addKey(key, 'mine', { constraints: [lifetime(60)] }))
  expect(await ask(request)).toMatchObject(signed)
  clock.advance(60_000)
  expect(await ask(request)).toMatchObject(signed)
  expect(seen.asked).toBe(2)
})

it('what the static key wants counts on a forwarded connection too, where it is not there itself', async () => {
  const { ask, seen } = setUp({ policy: 'always', says: false })
  await ask(addKey(key, 'mine'))
  await ask(bindTo(generateKeyPairSync('ed25519').privateKey, true))
  expect(await ask(request)).toEqual(failure)
  expect(seen.asked).toBe(1)
})

it('an added key signs while the keychain is locked, which is not even asked for the static one', async () => {
  const { ask, seen } = setUp({ load: locked })
  expect(await ask(request)).toEqual(failure)
  await ask(addKey(key, 'mine'))
  expect(await ask(request)).toMatchObject(signed)
  expect([seen.loads, seen.asked]).toEqual([1, 0])
})

it('where a static key cannot be loaded, a store that holds the same key signs, as the static key wants it', async () => {
  const identity = { keyBlob: blob, comment: 'other' }
  const agent = stubKeyStore({ signer: () => ({ identity, sign: () => Buffer.from('s') }) })
  const { ask, seen } = setUp({ load: locked, policy: 'always', others: [agent] })
  expect(await ask(request)).toMatchObject(signed)
  expect([seen.loads, seen.asked]).toEqual([2, 1])
})

it('a static key that nobody else has fails with its own reason', async () => {
  const { ask, seen } = setUp({ load: locked, others: [stubKeyStore()] })
  expect(await ask(request)).toEqual(failure)
  expect(seen.loads).toBe(1)
})

it('what another store that has the key objects to is refused', async () => {
  const constrained = stubKeyStore({ name: 'another', holds: () => 'here', objection: () => 'it is for another host' })
  const { ask, seen } = setUp({ others: [constrained] })
  await ask(addKey(key, 'mine'))
  expect(await ask(request)).toEqual(failure)
  expect(seen.loads).toBe(0)
})
