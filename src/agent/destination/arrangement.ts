import { placeOf } from '../keys/identity-lists.ts'
import type { Identity, KeyStore } from '../keys/key-store.ts'
import type { Destination, HostPatterns } from './host-patterns.ts'

/** How lists are ordered and cut. The same object until the configuration changes. */
export interface ListSettings {
  order: 'identities-first' | 'added-first'
  /** How many configured identities a client gets whose destination is not known; undefined: all. */
  unboundMax: number | undefined
  /** The hosts of configured identities and of added keys. While there are none, nobody asks where a connection leads. */
  hosts: readonly HostPatterns[]
  /** By the fingerprints of added keys. */
  addedHosts: ReadonlyMap<string, HostPatterns>
}

/** Lists as they are where nothing says otherwise. */
export const plainLists: ListSettings = {
  order: 'identities-first',
  unboundMax: undefined,
  hosts: [],
  addedHosts: new Map(),
}

/** Whether all clients get all identities, in the order of their stores. */
export function isPlain({ order, unboundMax, hosts }: ListSettings): boolean {
  return hosts.length === 0 && unboundMax === undefined && order === 'identities-first'
}

/** The identities of one store, for the list of one connection. */
export interface Part {
  store: KeyStore
  identities: readonly Identity[]
}

/** For whom a list is. */
export interface ListReader {
  /** Undefined where the client has not said. */
  destination: Destination | undefined
  /** Whether it may be shown fewer identities while its destination is not known. */
  mayBeCut: boolean
}

interface Placed {
  identity: Identity
  isAdded: boolean
  /** Larger comes first: what fits, then what is for every host, then what may or may not fit. */
  fit: number
}

const everyHost = 0
const perhaps = -1

/**
 * Puts a list into the order in which ssh should try: servers end a connection after a few tries.
 * @param parts what is configured, then added keys, then other agents
 */
export function arrange(parts: readonly Part[], reader: ListReader, settings: ListSettings): readonly Identity[] {
  const { destination, mayBeCut } = reader
  const placed = parts.flatMap(({ store, identities }) =>
    identities.flatMap((identity) => place(store, identity, destination) ?? []),
  )
  const ordered =
    settings.order === 'added-first'
      ? [...placed.filter(({ isAdded }) => isAdded), ...placed.filter(({ isAdded }) => !isAdded)]
      : placed
  // Among equals the order of config.toml and of ssh-add stays.
  ordered.sort((a, b) => placeOf(a.identity) - placeOf(b.identity) || b.fit - a.fit)
  const isKnown = (destination?.names.length ?? 0) > 0 || placed.some(({ fit }) => fit > everyHost)
  if (isKnown || !mayBeCut || settings.unboundMax === undefined) return ordered.map(({ identity }) => identity)
  let left = settings.unboundMax
  return ordered.flatMap(({ identity, isAdded }) => {
    if (isAdded) return [identity]
    left -= 1
    return left >= 0 ? [identity] : []
  })
}

function place(store: KeyStore, identity: Identity, destination: Destination | undefined): Placed | undefined {
  const hosts = store.hostsOf(identity)
  const isAdded = store.isAdded
  if (hosts === undefined) return { identity, isAdded, fit: everyHost }
  const fit = destination === undefined ? 'unknown' : hosts.fit(destination)
  if (fit === 'misfit') return undefined
  return { identity, isAdded, fit: fit === 'unknown' ? perhaps : fit }
}
