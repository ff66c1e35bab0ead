import type { Duplex } from 'node:stream'
import { createTurns } from '../core/calls/turns.ts'
import type { Marking } from '../core/limits/admission.ts'
import type { Churn } from '../core/limits/churn.ts'
import type { Logger } from '../core/log.ts'
import type { Clock } from '../core/time/clock.ts'
import { createAgentServer } from './connection/serve.ts'
import { createAgentSession } from './connection/session.ts'
import { createIdentityLists } from './keys/identity-lists.ts'
import type { KeyStore } from './keys/key-store.ts'
import type { Keyring } from './keys/keyring.ts'
import type { Lock } from './lock/lock.ts'

/** The SSH agent: what all its connections share. */
export interface Agent {
  /**
   * Serves one connection until it closes.
   * @param stream any duplex; a socket must have been made with `allowHalfOpen`
   * @param peer the process that has connected, for the log and for the order of attempts to unlock
   */
  serve(stream: Duplex, seat: Marking, peer?: string): void
}

/** What an agent needs. */
export interface AgentDeps {
  keyring: Keyring
  lock: Lock
  /** The configured identities, called for each request: the same array until they change. */
  stores: () => readonly KeyStore[]
  clock: Clock
  churn: Churn
  log: Logger
  /** How many signatures may be in Node's thread pool at once. */
  poolSignatures: number
}

/** Creates an agent that serves the connections that it is given. */
export function createAgent({ keyring, lock, stores, clock, churn, log, poolSignatures }: AgentDeps): Agent {
  const lists = createIdentityLists({ log })
  const pool = createTurns(poolSignatures)
  const server = createAgentServer({ log, clock, churn })
  return {
    serve(stream, seat, peer) {
      const session = createAgentSession({ keyring, stores, lock, lists, pool, log, peer })
      server.serve(stream, session, seat)
    },
  }
}
