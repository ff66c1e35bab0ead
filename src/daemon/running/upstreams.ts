import { connect, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { AgentError } from '../../agent/agent-error.ts'
import { hostPatterns } from '../../agent/destination/host-patterns.ts'
import { createUpstream, type Upstream } from '../../agent/upstream/upstream.ts'
import type { Logger } from '../../core/log.ts'
import { expandHome } from '../../core/places/paths.ts'
import { maxSocketPathBytes } from '../../core/places/socket-path.ts'
import { shellPath } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { isOwnPeer, type PeerCredentials } from '../../ipc/sockets/peer-credentials.ts'
import type { UpstreamConfig } from '../config/config.ts'

/** What upstream agents are reached with. */
export interface UpstreamsDeps {
  /** Called for each request. */
  configured: () => readonly UpstreamConfig[]
  home: string
  pid: number
  uid: number | undefined
  peerOf: (socket: Socket) => PeerCredentials | undefined
  clock: Clock
  log: Logger
}

/** @returns the upstream agents that are configured now, the same array until that changes */
export function createUpstreams({
  configured,
  home,
  pid,
  uid,
  peerOf,
  clock,
  log,
}: UpstreamsDeps): () => readonly Upstream[] {
  let latest: { from: readonly UpstreamConfig[]; upstreams: readonly Upstream[] } = { from: [], upstreams: [] }

  const open = (config: UpstreamConfig): Upstream => {
    const { name, adds, hosts, forward, confirm, sign } = config
    const socket = expandHome(config.socket, home)
    const hint = `ls -l ${shellPath(socket)}`
    const unfit = (what: string) => new AgentError('UPSTREAM_FAILED', `${socket} ${what}`, { hint })
    return createUpstream({
      name,
      socket,
      adds,
      hosts: hosts === undefined ? undefined : hostPatterns(hosts),
      forward,
      confirm,
      sign,
      connect() {
        // Node would cut it short, and ask whatever is there.
        if (Buffer.byteLength(socket) > maxSocketPathBytes)
          throw unfit(`has more than the ${maxSocketPathBytes} bytes that the path of a socket may have`)
        const stream = connect(socket)
        // Before anything is sent: what is written until then waits for it.
        stream.on('connect', () => {
          const peer = peerOf(stream)
          // It would get PINs, and what is to be signed.
          if (!isOwnPeer(peer, uid)) stream.destroy(unfit(`belongs to another user (uid ${peer?.uid})`))
          // What asks itself would ask for ever.
          else if (peer?.pid === pid) stream.destroy(unfit('is the socket of this agent itself'))
        })
        return stream
      },
      clock,
      log,
    })
  }

  return () => {
    const present = configured()
    if (present === latest.from) return latest.upstreams
    const { from, upstreams } = latest
    const kept = (config: UpstreamConfig) => upstreams[from.findIndex((former) => isDeepStrictEqual(former, config))]
    const all = present.map((config) => kept(config) ?? open(config))
    const isSame = all.length === upstreams.length && all.every((upstream, index) => upstream === upstreams[index])
    latest = { from: present, upstreams: isSame ? upstreams : all }
    return latest.upstreams
  }
}
