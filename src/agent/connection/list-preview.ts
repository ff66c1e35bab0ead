import { silentLogger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { HostName } from '../../ssh/known-hosts/host-name.ts'
import { formatKnownHost } from '../../ssh/known-hosts/known-host.ts'
import { SshWriter } from '../../ssh/wire.ts'
import { arrange, type ListSettings } from '../destination/arrangement.ts'
import { createDestinations, type Destinations } from '../destination/destinations.ts'
import type { Destination } from '../destination/host-patterns.ts'
import { type ConnectionView, type Identity, type KeyStore, unbound } from '../keys/key-store.ts'
import { createListReader } from './list-reader.ts'

/** An ssh that could come. */
export interface ImaginedClient {
  /** How it would be started. */
  commandLine: readonly string[]
  /** What it would prove of its host. */
  host: ImaginedHost
}

/** A host as a bind would show it. */
export type ImaginedHost =
  | { type: 'key'; blob: Uint8Array }
  /** One whose key is new to known_hosts: ssh writes it there before it asks for the list. */
  | { type: 'new'; name: HostName; isHashed: boolean }
  /** One that known_hosts will not have. */
  | { type: 'unknown' }

/** An identity of a store. */
export interface StoredIdentity {
  store: KeyStore
  identity: Identity
}

/** One that a client would not be listed. */
export interface LeftOut extends StoredIdentity {
  /** `destinations`: it was added for others. */
  why: 'hosts' | 'unbound-max' | 'revoked' | 'destinations'
}

/** What a client would be listed if all goes well. */
export interface ListPreview {
  /** Undefined where no `hosts` ask for it. */
  destination: Destination | undefined
  /** The key of the host is not trusted any more: it gets nothing. */
  isRevoked: boolean
  /** No name of the host is known, and `hosts` names none by its key. */
  isUnnamed: boolean
  stores: readonly KeyStore[]
  listed: readonly StoredIdentity[]
  leftOut: readonly LeftOut[]
}

/** What previewing a list needs. */
export interface ListPreviewDeps {
  stores: readonly KeyStore[]
  settings: ListSettings
  destinations: Destinations
  clock: Clock
}

/** A key that no host has. */
const nobodysKey = new SshWriter().string('ssh-ed25519').string(new Uint8Array(32)).bytes()
const anySalt = new Uint8Array(20)

/** Lists as for a connection that is bound for authentication, with what is held: nothing is fetched. */
export async function previewList(deps: ListPreviewDeps, { commandLine, host }: ImaginedClient): Promise<ListPreview> {
  const { stores, settings, clock } = deps
  const hostKeyBlob = host.type === 'key' ? host.blob : nobodysKey
  const connection: ConnectionView = {
    bindings: [{ hostKeyBlob, sessionId: new Uint8Array(), isForwarding: false }],
    isForwarded: false,
  }
  const destinations = host.type === 'key' ? deps.destinations : imaginedDestinations(host, clock)
  const peer = { name: 'imagined', commandLine: async () => commandLine }
  const reader = await createListReader({ connection, destinations, peer, clock })(settings)
  const { destination, isRevoked, isUnnamed } = reader
  const parts = stores.map((store) => ({ store, identities: store.expected(connection) }))
  const storeOf = new Map(parts.flatMap(({ store, identities }) => identities.map((identity) => [identity, store])))
  const hidden = stores.flatMap((store) =>
    store.expected(unbound).flatMap((identity) => (storeOf.has(identity) ? [] : [{ store, identity }])),
  )
  const arranged = isRevoked ? [] : arrange(parts, reader, settings)
  const stored = (identity: Identity): StoredIdentity => ({ store: storeOf.get(identity)!, identity })
  const whyNot = ({ store, identity }: StoredIdentity): LeftOut['why'] => {
    if (isRevoked) return 'revoked'
    const isMisfit = destination !== undefined && store.hostsOf(identity)?.fit(destination) === 'misfit'
    return isMisfit ? 'hosts' : 'unbound-max'
  }
  return {
    destination,
    isRevoked,
    isUnnamed,
    stores,
    listed: arranged.map(stored),
    leftOut: [
      ...[...storeOf.keys()]
        .filter((identity) => !arranged.includes(identity))
        .map(stored)
        .map((one) => ({ ...one, why: whyNot(one) })),
      ...hidden.map((one) => ({ ...one, why: 'destinations' as const })),
    ],
  }
}

/** known_hosts as it will be. */
function imaginedDestinations(host: ImaginedHost & { type: 'new' | 'unknown' }, clock: Clock): Destinations {
  const lines = host.type === 'new' ? [formatKnownHost(host.name, nobodysKey, host.isHashed ? anySalt : undefined)] : []
  return createDestinations({
    knownHosts: async () => lines.map((line) => Buffer.from(line)),
    clock,
    log: silentLogger,
  })
}
