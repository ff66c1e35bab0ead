import type { Duplex } from 'node:stream'
import { createTurns } from '../core/calls/turns.ts'
import type { Marking } from '../core/limits/admission.ts'
import type { Churn } from '../core/limits/churn.ts'
import type { Logger } from '../core/log.ts'
import type { Clock } from '../core/time/clock.ts'
import type { AskPerson } from './connection/confirmation.ts'
import { createConnectionStores } from './connection/connection-stores.ts'
import { type ImaginedClient, type ListPreview, previewList } from './connection/list-preview.ts'
import type { AgentPeer } from './connection/peer.ts'
import { createAgentServer } from './connection/serve.ts'
import { createAgentSession } from './connection/session.ts'
import { type ListSettings, plainLists } from './destination/arrangement.ts'
import { createDestinations, type DestinationsDeps } from './destination/destinations.ts'
import { closedKeyring } from './keys/closed-keyring.ts'
import { createIdentityLists, type IdentityLists } from './keys/identity-lists.ts'
import { type KeyStore, unbound } from './keys/key-store.ts'
import type { Keyring } from './keys/keyring.ts'
import type { Lock } from './lock/lock.ts'
import { type AgentNotice, createAgentNotices } from './notices.ts'
import type { Upstream } from './upstream/upstream.ts'

/** What a connection sees of the agent. */
export interface AgentView {
  stores: () => readonly KeyStore[]
  keyring: Keyring
  upstreams: () => readonly Upstream[]
  /** Upstream agents list nothing themselves: they are there for the identities whose keys they hold. */
  hidesUpstreams?: true
  settings: () => ListSettings
  lists: IdentityLists
}

/** The SSH agent: what all its connections share. */
export interface Agent {
  /**
   * Serves one connection until it closes.
   * @param stream any duplex; a socket must have been made with `allowHalfOpen`
   * @param peer the process that has connected, if it is known
   * @param view everything if there is none
   */
  serve(stream: Duplex, seat: Marking, peer?: AgentPeer, view?: AgentView): void
  /**
   * A view of these identities alone, for any host, to which no key can be added.
   * @param stores called for each request: the same array until they change
   */
  viewOf(stores: () => readonly KeyStore[]): AgentView
  /**
   * What an ssh would be listed that comes now. Other agents are asked; nothing is fetched for it.
   * @param view everything if there is none
   */
  preview(client: ImaginedClient, view?: AgentView): Promise<ListPreview>
  /** What clients did not get lately, the latest first. */
  notices(): readonly AgentNotice[]
}

/** What an agent needs. */
export interface AgentDeps {
  keyring: Keyring
  lock: Lock
  /** The configured identities, called for each request: the same array until they change. */
  stores: () => readonly KeyStore[]
  /** Other agents, called for each request: the same array until they change. */
  upstreams: () => readonly Upstream[]
  /** How lists are ordered, called for each list. */
  settings: () => ListSettings
  /** Reads the known_hosts files. */
  knownHosts: DestinationsDeps['knownHosts']
  clock: Clock
  churn: Churn
  log: Logger
  /** Asks whether a key may be used. */
  askPerson: AskPerson
  /** How many signatures may be in Node's thread pool at once. */
  poolSignatures: number
}

/** Creates an agent that serves the connections that it is given. */
export function createAgent(deps: AgentDeps): Agent {
  const { keyring, lock, stores, upstreams, settings, clock, churn, log, askPerson, poolSignatures } = deps
  const destinations = createDestinations(deps)
  const whole: AgentView = { stores, keyring, upstreams, settings, lists: createIdentityLists({ log }) }
  const notices = createAgentNotices(clock)
  const pool = createTurns(poolSignatures)
  const server = createAgentServer({ log, clock, churn })
  return {
    serve(stream, seat, peer, view = whole) {
      const session = createAgentSession({ ...view, lock, clock, askPerson, notices, destinations, pool, peer, log })
      server.serve(stream, session, seat)
    },
    viewOf: (some) => ({
      stores: some,
      keyring: closedKeyring,
      upstreams,
      hidesUpstreams: true,
      // A client of an identity's own socket has chosen that identity.
      settings: () => plainLists,
      lists: createIdentityLists({ log }),
    }),
    async preview(client, view = whole) {
      const stores = createConnectionStores({ ...view, connection: unbound })
      try {
        await stores.look()
        return await previewList({ stores: stores.all(), settings: view.settings(), destinations, clock }, client)
      } finally {
        stores.close()
      }
    },
    notices: notices.recent,
  }
}
