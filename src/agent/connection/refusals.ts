import { CodedError, describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import { readOr } from '../../ssh/read-or.ts'
import type { ConnectionView } from '../keys/key-store.ts'
import type { AgentNotices } from '../notices.ts'
import type { AgentResponse } from '../protocol/messages.ts'
import type { AgentPeer } from './peer.ts'

/** Writes into the log and the status, for one connection, what its client did not get. */
export interface Refusals {
  /** @returns the answer */
  refuse(reason: string, keyBlob?: Uint8Array): AgentResponse
  /** The same for an error. @returns `response` */
  failed(response: AgentResponse, error: unknown): AgentResponse
  /** Logs why identities are not in a list; the status has it too where another agent is the reason. */
  leftOut(error: unknown): void
  /** Writes into the status alone. */
  note(reason: string, keyBlob?: Uint8Array): void
}

/** What telling it needs. */
export interface RefusalsDeps {
  connection: ConnectionView
  notices: AgentNotices
  peer: AgentPeer | undefined
  log: Logger
}

/** Names the client, and the host that its connection leads to. */
export function createRefusals({ connection, notices, peer, log }: RefusalsDeps): Refusals {
  const note = (reason: string, keyBlob?: Uint8Array): void => {
    const host = connection.bindings.at(-1)?.hostKeyBlob
    notices.add({ reason, key: fingerprintOf(keyBlob), peer, host: fingerprintOf(host) })
  }
  return {
    note,
    leftOut(error) {
      const [code, reason] = [errorCode(error), describeError(error)]
      log.info('identities left out', { code, reason, peer: peer?.name })
      // Our own identities stand in the status with their errors. Not one notice for each host: it is the same everywhere.
      if (code?.startsWith('UPSTREAM_')) notices.add({ reason: `left out of a list: ${reason}`, peer })
    },
    refuse(reason, keyBlob) {
      log.info('agent request refused', { reason, peer: peer?.name })
      note(reason, keyBlob)
      return { type: 'failure' }
    },
    failed(response, error) {
      // Our own errors explain a refusal; any other error is a bug of ours, but still no reason to crash.
      const write = error instanceof CodedError ? log.info : log.error
      const reason = describeError(error)
      const hint = error instanceof CodedError ? error.hint : undefined
      write('agent request refused', { code: errorCode(error), reason, hint, peer: peer?.name })
      note(hint === undefined ? reason : `${reason}: ${hint}`)
      return response
    },
  }
}

/** `SHA256:…`, undefined for what is no key: a client may name anything. */
export function fingerprintOf(blob: Uint8Array | undefined): string | undefined {
  return blob === undefined ? undefined : readOr(undefined, () => fingerprint(blob))
}
