import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { type ImaginedClient, previewList } from '../../../../src/agent/connection/list-preview.ts'
import type { ListSettings } from '../../../../src/agent/destination/arrangement.ts'
import { createDestinations } from '../../../../src/agent/destination/destinations.ts'
import { hostPatterns } from '../../../../src/agent/destination/host-patterns.ts'
import type { Identity, KeyStore } from '../../../../src/agent/keys/key-store.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { formatKnownHost } from '../../../../src/ssh/known-hosts/known-host.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'

const hostKey = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const known = formatKnownHost({ host: 'web.prod', port: 22 }, hostKey)
const revoked = `@revoked * ${known.split(' ').slice(1).join(' ')}`

function store(name: string, hosts?: readonly string[], isAdded = false, isHidden = false): KeyStore {
  const identity: Identity = { keyBlob: Buffer.from(name), comment: name }
  const patterns = hosts && hostPatterns(hosts)
  return stubKeyStore({
    name,
    isAdded,
    isFor: (destination) => patterns?.fit(destination) !== 'misfit',
    hostsOf: () => patterns,
    identities() {
      throw new Error('something would be fetched')
    },
    expected: ({ bindings }) => (isHidden && bindings.length > 0 ? [] : [identity]),
  })
}

const stores = [
  ['everywhere', undefined],
  ['prod', ['*.prod']],
  ['web', ['web.prod']],
  ['db', ['db.prod']],
  ['by-key', [fingerprint(hostKey)]],
] as const

async function preview(
  host: ImaginedClient['host'],
  {
    knownHosts = known,
    host: asked = 'web.prod',
    more = [],
    ...changes
  }: Partial<ListSettings> & {
    knownHosts?: string
    host?: string
    more?: readonly KeyStore[]
  } = {},
) {
  const all = stores.map(([name, hosts]) => store(name, hosts))
  const settings: ListSettings = {
    order: 'identities-first',
    unboundMax: undefined,
    hosts: stores.flatMap(([, hosts]) => (hosts === undefined ? [] : [hostPatterns(hosts)])),
    addedHosts: new Map(),
    ...changes,
  }
  const clock = fakeClock()
  const deps = { knownHosts: async () => [Buffer.from(knownHosts)], clock, log: silentLogger }
  const {
    listed,
    leftOut,
    stores: _,
    ...rest
  } = await previewList(
    {
      stores: [...all, store('added', undefined, true), ...more],
      settings,
      destinations: createDestinations(deps),
      clock,
    },
    { commandLine: ['ssh', asked], host },
  )
  return {
    ...rest,
    listed: listed.map(({ store: { name } }) => name),
    leftOut: leftOut.map(({ store: { name }, why }) => `${name}: ${why}`),
  }
}

it('has the best fit first, and what is for other hosts not at all, without fetching anything', async () => {
  expect(await preview({ type: 'key', blob: hostKey })).toEqual({
    destination: expect.objectContaining({ names: [{ host: 'web.prod', port: 22 }] }),
    isRevoked: false,
    isUnnamed: false,
    listed: ['by-key', 'web', 'prod', 'everywhere', 'added'],
    leftOut: ['db: hosts'],
  })
})

it('has everything for a host that nobody knows, but for what names hosts by keys alone', async () => {
  const { listed, leftOut, isUnnamed } = await preview({ type: 'unknown' })
  expect(listed).toEqual(['everywhere', 'added', 'prod', 'web', 'db'])
  expect(leftOut).toEqual(['by-key: hosts'])
  expect(isUnnamed).toBe(true)
})

it('knows a new host by the name that ssh will write down', async () => {
  const name = { host: 'web.prod', port: 22 }
  const wanted = ['web', 'prod', 'everywhere', 'added']
  expect((await preview({ type: 'new', name, isHashed: false })).listed).toEqual(wanted)
  expect((await preview({ type: 'new', name, isHashed: true })).listed).toEqual(wanted)
})

it('knows a hashed name only if it stands on the command line or in hosts', async () => {
  const name = { host: 'other.prod', port: 22 }
  expect((await preview({ type: 'new', name, isHashed: true }, { host: 'alias' })).isUnnamed).toBe(true)
  expect((await preview({ type: 'new', name, isHashed: false }, { host: 'alias' })).listed).toEqual([
    'prod',
    'everywhere',
    'added',
  ])
})

it('is empty for a key that is revoked', async () => {
  const { listed, leftOut, isRevoked } = await preview({ type: 'key', blob: hostKey }, { knownHosts: revoked })
  expect(isRevoked).toBe(true)
  expect(listed).toEqual([])
  expect(leftOut).toHaveLength(6)
  expect(leftOut[0]).toBe('everywhere: revoked')
})

it('is cut where the settings say so and the host is not known', async () => {
  const { listed, leftOut } = await preview({ type: 'unknown' }, { unboundMax: 1 })
  expect(listed).toEqual(['everywhere', 'added'])
  expect(leftOut).toEqual(['prod: unbound-max', 'web: unbound-max', 'db: unbound-max', 'by-key: hosts'])
})

it('asks nothing of known_hosts where no hosts are configured', async () => {
  const { destination, listed } = await preview({ type: 'key', blob: hostKey }, { hosts: [] })
  expect(destination).toBeUndefined()
  expect(listed).toHaveLength(6)
})

it('says that a key was added for other destinations', async () => {
  const more = [store('constrained', undefined, true, true)]
  const { listed, leftOut } = await preview({ type: 'key', blob: hostKey }, { more })
  expect(listed).not.toContain('constrained')
  expect(leftOut).toEqual(['db: hosts', 'constrained: destinations'])
})
