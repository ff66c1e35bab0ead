import { basename } from 'node:path'
import type { Clock } from '../core/time/clock.ts'
import type { AgentPeer } from './connection/peer.ts'

/** Something that a client did not get, for the person who wonders why. */
export interface AgentNotice {
  /** When it happened last, in ms since the epoch. */
  atMs: number
  /** In words. */
  reason: string
  /** How often in a row. */
  count: number
  /** `SHA256:…` of the key that it is about. */
  key?: string | undefined
  /** Who asked: `pid 123`, and the program where it could be read. */
  peer?: string | undefined
  /** `SHA256:…` of the key of the host that the connection leads to. */
  host?: string | undefined
}

/** The last things that clients did not get. */
export interface AgentNotices {
  add(notice: {
    reason: string
    key?: string | undefined
    peer?: AgentPeer | undefined
    host?: string | undefined
  }): void
  /** The latest first. */
  recent(): readonly AgentNotice[]
}

/** One that may happen again. */
interface Kept extends AgentNotice {
  /** Whose program was read. */
  peerName: string
}

/** As many as a person reads. */
const maxKept = 10

/** Keeps the last ten; what happens again, to whomever, is counted. */
export function createAgentNotices(clock: Clock): AgentNotices {
  let kept: readonly Kept[] = []

  return {
    add({ reason, key, peer, host }) {
      const former = kept.find((one) => one.reason === reason && one.key === key && one.host === host)
      const notice = former ?? { reason, key, host, count: 0, atMs: 0, peer: undefined, peerName: '' }
      notice.atMs = clock.now()
      notice.count += 1
      kept = [notice, ...kept.filter((one) => one !== former)].slice(0, maxKept)
      if (peer === undefined || peer.name === notice.peerName) return
      notice.peerName = peer.name
      notice.peer = peer.name
      // It may end before anybody looks.
      void peer.commandLine().then(([program]) => {
        if (program !== undefined && notice.peerName === peer.name) notice.peer = `${basename(program)} (${peer.name})`
      })
    },
    recent: () => kept.map(({ atMs, reason, count, key, peer, host }) => ({ atMs, reason, count, key, peer, host })),
  }
}
