import type { Duplex } from 'node:stream'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { withDeadline } from '../../core/time/deadline.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import type { HostPatterns } from '../destination/host-patterns.ts'
import type { ConfirmPolicy, Identity, KeyStore, Signer } from '../keys/key-store.ts'
import { encodeRequest } from '../protocol/requests.ts'
import { decodeResponse } from '../protocol/responses.ts'
import { createUpstreamClient, type UpstreamClient } from './upstream-client.ts'

/** Another agent, whose keys are listed and used as if they were here. */
export interface Upstream {
  readonly name: string
  /** Opens nothing yet: a connection to it is made when something is asked. */
  open(): OpenUpstream
}

/** An upstream as one connection of ours sees it, over a connection of its own: binds belong to connections. */
export interface OpenUpstream extends KeyStore {
  /** Passes a bind on, as it came. */
  bind(contents: Uint8Array): void
  close(): void
}

/** Where it is, and what its keys are for. */
export interface UpstreamOptions {
  /** The name in config.toml. */
  name: string
  /** @throws {AgentError} UPSTREAM_FAILED: it is this agent itself */
  connect: () => Duplex
  hosts: HostPatterns | undefined
  forward: 'never' | 'allow'
  confirm: ConfirmPolicy
  sign: readonly string[] | undefined
  clock: Clock
  log: Logger
}

/** A list waits for an upstream this long, in ms, and then goes on without it. */
const listMs = 1_000
const bindName = 'session-bind@openssh.com'
const loginsOnly: readonly string[] = ['login']
const none: readonly Identity[] = []

/** Keeps what it has listed last: the same array for all connections, until that changes. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { name, connect, hosts, forward, confirm, sign, clock, log } = options
  let latest: { answer: Uint8Array; identities: readonly Identity[] } | undefined

  const identitiesIn = (answer: Uint8Array): readonly Identity[] => {
    if (latest !== undefined && equalBytes(latest.answer, answer)) return latest.identities
    const response = decodeResponse(answer)
    if (response.type !== 'identities-answer') return none
    latest = { answer, identities: response.identities }
    return response.identities
  }

  return {
    name,
    open() {
      const binds: Uint8Array[] = []
      let client: UpstreamClient | undefined
      let listing: Promise<readonly Identity[]> | undefined
      let isClosed = false

      const passOn = (contents: Uint8Array): void => {
        // An agent that knows no binds says so, which changes nothing.
        client?.ask(encodeRequest({ type: 'extension', name: bindName, contents })).catch(() => {})
      }

      const connected = (): UpstreamClient => {
        if (isClosed) throw new AgentError('CLIENT_GONE', 'the client has gone')
        if (client === undefined || client.isClosed()) {
          client = createUpstreamClient(name, connect())
          for (const contents of binds) passOn(contents)
        }
        return client
      }

      const list = (): Promise<readonly Identity[]> => {
        // What is late is waited for again by the next list, and not asked for twice.
        listing ??= connected()
          .ask(encodeRequest({ type: 'request-identities' }))
          .then(identitiesIn)
          .finally(() => {
            listing = undefined
          })
        return withDeadline(clock, listMs, (late) => untilAborted(listing!, late, name))
      }

      const signerOf = (identity: Identity): Signer => ({
        identity,
        async sign(data, flags) {
          const frame = encodeRequest({ type: 'sign-request', keyBlob: identity.keyBlob, data, flags })
          const response = decodeResponse(await connected().ask(frame))
          if (response.type === 'sign-response') return response.signature
          throw new AgentError('UPSTREAM_REFUSED', `the agent ${name} has not signed`)
        },
      })

      return {
        name: `agent ${name}`,
        isAdded: false,
        isFor: (destination) => hosts?.fit(destination) !== 'misfit',
        hostsOf: () => hosts,
        confirmOf: () => confirm,
        objection: () => undefined,
        isShownTo: ({ isForwarded }) => !isForwarded || forward === 'allow',
        uses: ({ isForwarded }) => sign ?? (isForwarded ? loginsOnly : undefined),
        identities: async () => list(),
        expected: () => latest?.identities ?? none,
        async signer(keyBlob) {
          // Another agent may have the key.
          const listed = await list().catch((error: unknown) => {
            log.info('an agent was not asked for a signature', { agent: name, reason: describeError(error) })
            return none
          })
          const identity = listed.find((each) => equalBytes(each.keyBlob, keyBlob))
          return identity === undefined ? undefined : signerOf(identity)
        },
        bind(contents) {
          const copy = Uint8Array.from(contents)
          binds.push(copy)
          passOn(copy)
        },
        close() {
          isClosed = true
          client?.close()
        },
      }
    },
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new AgentError('UPSTREAM_LATE', `the agent ${name} has not answered within ${listMs / 1000} s`))
    })
    work.then(resolve, reject)
  })
}
