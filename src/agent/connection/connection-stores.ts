import { equalBytes } from '../../ssh/wire.ts'
import type { ConnectionView, KeyStore } from '../keys/key-store.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { OpenUpstream } from '../upstream/open-upstream.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** The stores of one connection: the daemon's, and its own connections to upstream agents. */
export interface ConnectionStores {
  /** All of them, the same array until they change: what is configured, added keys, upstream agents. */
  all(): readonly KeyStore[]
  /** Asks all upstream agents for their lists, and waits for those that answer in time. */
  look(): Promise<void>
  /** The upstream agents, as this connection sees them; none where they are hidden. */
  agents(): readonly OpenUpstream[]
  /**
   * The client is an agent that the connection has come by. Called before anything is asked.
   * @returns the upstream agent of ours that is on the path
   */
  cameBy(path: readonly Uint8Array[]): Upstream | undefined
  /** Passes a bind on to all upstream agents. Where there are more than can be kept, those are out of reach from then on. */
  bind(contents: Uint8Array): void
  /** The client sends nothing any more. */
  leave(): void
  close(): void
}

/** What there is, called for each request: the same arrays until they change. */
export interface ConnectionStoresDeps {
  connection: ConnectionView
  stores: () => readonly KeyStore[]
  keyring: Keyring
  upstreams: () => readonly Upstream[]
  /** Upstream agents list nothing themselves: they are there for the identities whose keys they hold. */
  hidesUpstreams?: true | undefined
}

const none: readonly OpenUpstream[] = []
const noUpstreams: readonly Upstream[] = []

/** What there was, and what became of it. */
interface Known {
  stores: readonly KeyStore[]
  upstreams: readonly Upstream[]
  holders: readonly OpenUpstream[]
  agents: readonly OpenUpstream[]
  all: readonly KeyStore[]
}

/** OpenSSH's AGENT_MAX_SESSION_IDS, twice: failed ones are passed on, too. */
const maxBinds = 32
/** Of all of them: twice what the host keys of the verified ones may have. A client can send as many as it likes. */
const maxBindBytes = 128 * 1024

/** Opens nothing until it is asked for. */
export function createConnectionStores(deps: ConnectionStoresDeps): ConnectionStores {
  const { connection, stores, keyring, upstreams, hidesUpstreams } = deps
  const open = new Map<Upstream, OpenUpstream>()
  const binds: Uint8Array[] = []
  let bindBytes = 0
  /** Agents that are not told where a connection leads must not take it for another. */
  let isBeyond = false
  let path: readonly Uint8Array[] = []
  let known: Known | undefined

  const openAll = (present: readonly Upstream[]): readonly OpenUpstream[] => {
    for (const [upstream, opened] of open) {
      if (present.includes(upstream)) continue
      opened.close()
      open.delete(upstream)
    }
    return present.map((upstream) => {
      const opened = open.get(upstream) ?? upstream.open(path)
      // One that was configured meanwhile must know where the connection leads, too.
      if (!open.has(upstream)) for (const contents of binds) opened.bind(contents)
      open.set(upstream, opened)
      return opened
    })
  }

  const present = (): Known => {
    const now = { stores: stores(), upstreams: isBeyond ? noUpstreams : upstreams() }
    if (known?.stores === now.stores && known.upstreams === now.upstreams) return known
    const holders = known?.upstreams === now.upstreams ? known.holders : openAll(now.upstreams)
    const agents = hidesUpstreams === true ? none : holders
    const own = now.stores.map((store) => store.through?.(holders, connection) ?? store)
    known = { ...now, holders, agents, all: [...own, keyring, ...agents] }
    return known
  }

  return {
    all: () => present().all,
    agents: () => present().agents,
    async look() {
      await Promise.allSettled(present().holders.map(async (agent) => await agent.identities(connection)))
    },
    cameBy(tokens) {
      path = tokens
      return upstreams().find(({ token }) => tokens.some((each) => equalBytes(each, token)))
    },
    bind(contents) {
      bindBytes += contents.length
      if (binds.length >= maxBinds || bindBytes > maxBindBytes) {
        isBeyond = true
        return
      }
      const copy = Uint8Array.from(contents)
      binds.push(copy)
      for (const opened of open.values()) opened.bind(copy)
    },
    leave() {
      for (const opened of open.values()) opened.leave()
    },
    close() {
      for (const opened of open.values()) opened.close()
    },
  }
}
