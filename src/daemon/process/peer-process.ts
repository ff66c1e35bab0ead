import type { AgentPeer } from '../../agent/connection/peer.ts'
import { readWholeFile } from '../../core/files/read-file.ts'

/** Longer command lines say nothing of a host near their beginning. */
const options = { maxBytes: 64 * 1024, isTrusted: false } as const

/** A process by its id, as proc(5) shows it; on other systems nothing more is known of it. */
export function peerProcess(pid: number): AgentPeer {
  return {
    name: `pid ${pid}`,
    async commandLine() {
      // It may have ended, belong to somebody else, or be on a system without /proc.
      const file = await readWholeFile(`/proc/${pid}/cmdline`, options).catch(() => Buffer.alloc(0))
      return file.toString('utf8').split('\0').slice(0, -1)
    },
  }
}
