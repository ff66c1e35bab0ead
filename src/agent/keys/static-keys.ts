import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../core/time/clock.ts'
import { plainKeyOf } from '../../ssh/public-key.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { HostPatterns } from '../destination/host-patterns.ts'
import { createDepartures } from './departures.ts'
import { createKeySigner } from './key-signer.ts'
import type { ConfirmPolicy, Identity, KeyStore, Signer } from './key-store.ts'

/** A key whose private half is stored elsewhere: what is public of it, and its settings. */
export interface StaticKey {
  /** Unique among them. */
  name: string
  keyBlob: Uint8Array
  comment: string
  /** Which hosts it is for; undefined: every host. */
  hosts: HostPatterns | undefined
  confirm: ConfirmPolicy
  /** How long it stays in memory once it was needed; undefined: until the end. */
  lifetimeSeconds: number | undefined
}

/** Keys that are loaded when they first sign. It owns those in memory. They are for this machine's connections only. */
export interface StaticKeys extends KeyStore {
  identities(): readonly Identity[]
  /** What there is from now on. A key that is the same object as before stays in memory. */
  use(keys: readonly StaticKey[]): void
  state(name: string): StaticKeyState
}

/** What can be shown of a key without loading it. */
export interface StaticKeyState {
  isLoaded: boolean
  /** Why it could not be loaded when it was last needed. */
  lastError?: unknown
}

/** What such keys need. */
export interface StaticKeysDeps {
  clock: Clock
  /** The private half. What it rejects with is shown in the status, and fails the signature. */
  load: (key: StaticKey) => Promise<KeyObject>
  /** Called when private keys were let go and are garbage now. */
  onKeysReleased: () => void
}

interface Held {
  key: StaticKey
  identity: Identity
  loaded?: { signer: Signer; deadlineMs: number; cancelTimer: () => void }
  /** One call for all who wait. */
  loading?: Promise<Signer | undefined>
  lastError?: unknown
}

/** Creates the store without a key. */
export function createStaticKeys({ clock, load, onKeysReleased }: StaticKeysDeps): StaticKeys {
  let held: readonly Held[] = []
  let identities: readonly Identity[] = []

  const drop = (entry: Held): void => {
    if (entry.loaded === undefined) return
    entry.loaded.cancelTimer()
    delete entry.loaded
    onKeysReleased()
  }

  /** The timer is a hint: whether a key may sign is decided by the clock. */
  const loadedOf = (entry: Held) => {
    if (entry.loaded !== undefined && entry.loaded.deadlineMs <= clock.uptime()) drop(entry)
    return entry.loaded
  }

  const loadInto = async (entry: Held): Promise<Signer | undefined> => {
    const { key, identity } = entry
    try {
      const signer = createKeySigner(identity, await load(key), plainKeyOf(key.keyBlob))
      delete entry.lastError
      // It may have been removed or replaced while a person was opening the keychain.
      if (!held.includes(entry)) return undefined
      entry.loaded = { signer, ...deadlineOf(entry) }
      return signer
    } catch (error) {
      entry.lastError = error
      throw error
    } finally {
      delete entry.loading
    }
  }

  const deadlineOf = (entry: Held) => {
    const { lifetimeSeconds } = entry.key
    if (lifetimeSeconds === undefined) return { deadlineMs: Number.POSITIVE_INFINITY, cancelTimer: () => {} }
    const lifetimeMs = lifetimeSeconds * 1000
    return { deadlineMs: clock.uptime() + lifetimeMs, cancelTimer: clock.after(lifetimeMs, () => drop(entry)) }
  }

  const withBlob = (keyBlob: Uint8Array) => held.find(({ key }) => equalBytes(key.keyBlob, keyBlob))
  const departures = createDepartures((keyBlob) => withBlob(keyBlob) !== undefined)

  return {
    name: 'static keys',
    isAdded: false,
    isFor: (destination) => held.some(({ key }) => key.hosts?.fit(destination) !== 'misfit'),
    hostsOf: ({ keyBlob }) => withBlob(keyBlob)?.key.hosts,
    // A key that was removed meanwhile signs nothing, whatever is said here.
    confirmOf: ({ keyBlob }) => withBlob(keyBlob)?.key.confirm ?? 'always',
    objection: () => undefined,
    uses: () => undefined,
    isShownTo: ({ isForwarded }) => !isForwarded,
    identities: () => identities,
    expected: () => identities,
    holds(keyBlob) {
      const entry = withBlob(keyBlob)
      return entry && (loadedOf(entry) === undefined ? 'elsewhere' : 'here')
    },
    onceGone: departures.onceGone,
    signer(keyBlob) {
      const entry = withBlob(keyBlob)
      if (entry === undefined) return undefined
      const loaded = loadedOf(entry)
      if (loaded !== undefined) return loaded.signer
      entry.loading ??= loadInto(entry)
      return entry.loading
    },
    use(keys) {
      const former = held
      held = keys.map(
        (key) =>
          former.find((entry) => entry.key === key) ?? {
            key,
            identity: { keyBlob: key.keyBlob, comment: key.comment },
          },
      )
      identities = held.map(({ identity }) => identity)
      for (const entry of former) if (!held.includes(entry)) drop(entry)
      departures.look()
    },
    state(name) {
      const entry = held.find(({ key }) => key.name === name)
      if (entry === undefined) return { isLoaded: false }
      const isLoaded = loadedOf(entry) !== undefined
      return { isLoaded, ...(entry.lastError === undefined ? {} : { lastError: entry.lastError }) }
    },
  }
}
