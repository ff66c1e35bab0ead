import type { Duplex } from 'node:stream'
import type { Turns } from '../../core/calls/turns.ts'
import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { LastOutcome } from '../../core/renewal/last-outcome.ts'
import { shellPath } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import type { HostPatterns } from '../destination/host-patterns.ts'
import type { ConfirmPolicy, Identity, KeyStore, Signer } from '../keys/key-store.ts'
import type { AgentResponse, HardwareKind, HardwareRequest } from '../protocol/messages.ts'
import { type EncodableRequest, encodeRequest } from '../protocol/requests.ts'
import { nameOfKey, nameOfToken, type PassedOn } from './passed-on.ts'
import type { UpstreamClient } from './upstream-client.ts'

/** Where it is, and what its keys are for. */
export interface UpstreamOptions {
  /** The name in config.toml. */
  name: string
  /** For people: where it listens. */
  socket: string
  /** @throws {AgentError} UPSTREAM_FAILED: it is this agent itself */
  connect: () => Duplex
  /** Which keys in hardware it takes from `ssh-add`. */
  adds: readonly HardwareKind[]
  hosts: HostPatterns | undefined
  forward: 'never' | 'allow'
  confirm: ConfirmPolicy
  sign: readonly string[] | undefined
  clock: Clock
  log: Logger
}

/** An upstream as one connection of ours sees it, over a connection of its own: binds belong to connections. */
export interface OpenUpstream extends KeyStore {
  /** Which keys in hardware it takes from `ssh-add`. */
  readonly adds: readonly HardwareKind[]
  /** Passes a bind on, as it came, and keeps it. */
  bind(contents: Uint8Array): void
  /** Passes on what is about a key in hardware. @throws {AgentError} UPSTREAM_… */
  pass(request: HardwareRequest): Promise<void>
  /** Has it remove a key. @returns false if it does not list it @throws {AgentError} UPSTREAM_… */
  remove(keyBlob: Uint8Array): Promise<boolean>
  /** The client sends nothing any more, as when it has gone: what is asked for it has a second. */
  leave(): void
  close(): void
}

/** What it shares with the other connections to the same agent. */
export interface OpenUpstreamDeps extends UpstreamOptions {
  dial: () => UpstreamClient
  /** @throws {AgentError} UPSTREAM_LATE */
  inTime: <T>(work: Promise<T>) => Promise<T>
  /** For lists: what asks itself by way of others would ask for ever. */
  turns: Turns
  /** Reads an answer. @throws {AgentError} UPSTREAM_FAILED */
  decode: (answer: Uint8Array) => AgentResponse
  /** Reads a list. @throws {AgentError} UPSTREAM_REFUSED, RESPONSE_UNKNOWN @throws {SshError} WIRE_… */
  identitiesIn: (answer: Uint8Array) => readonly Identity[]
  /** How the latest list went. */
  lists: LastOutcome
  /** What it has listed last, to whomever. */
  latest: () => readonly Identity[]
  passedOn: PassedOn
}

/** A list waits for an upstream this long, in ms, and then goes on without it; so does what may have nobody waiting. */
export const patienceMs = 1_000
const bindName = 'session-bind@openssh.com'
const none: readonly Identity[] = []
const loginsOnly: readonly string[] = ['login']

/** Opens nothing until something is asked. */
export function openUpstream(deps: OpenUpstreamDeps): OpenUpstream {
  const {
    name,
    adds,
    hosts,
    forward,
    confirm,
    sign,
    log,
    dial,
    inTime,
    turns,
    decode,
    identitiesIn,
    lists,
    latest,
    passedOn,
  } = deps
  const binds: Uint8Array[] = []
  let client: UpstreamClient | undefined
  let listing: Promise<readonly Identity[]> | undefined
  /** What this connection was listed last. */
  let known = none
  let isClosed = false
  let cancelLeaving = () => {}

  const passOn = (contents: Uint8Array): void => {
    // An agent that knows no binds says so, which changes nothing.
    client?.ask(encodeRequest({ type: 'extension', name: bindName, contents })).catch(() => {})
  }

  const connected = (): UpstreamClient => {
    if (isClosed) throw new AgentError('CLIENT_GONE', 'the client has gone')
    if (client === undefined || client.isClosed()) {
      client = dial()
      for (const contents of binds) passOn(contents)
    }
    return client
  }

  const ask = async (request: EncodableRequest): Promise<AgentResponse> =>
    decode(await connected().ask(encodeRequest(request)))

  /** What is late is waited for again by the next list, and not asked for twice. */
  const asked = (): Promise<readonly Identity[]> => {
    listing ??= connected()
      .ask(encodeRequest({ type: 'request-identities' }))
      .then(identitiesIn)
      .finally(() => {
        listing = undefined
      })
    return listing
  }

  const list = (): Promise<readonly Identity[]> => {
    let isLate = false
    // A turn that comes when nobody waits for it any more asks nothing. A turn ends in time too: an agent may never answer.
    const inTurn = turns.run(() => (isLate ? none : inTime(asked())))
    return noted(inTime(inTurn).finally(() => (isLate = true)))
  }

  /** A client that has gone says nothing about the agent. */
  const noted = async (work: Promise<readonly Identity[]>): Promise<readonly Identity[]> => {
    try {
      known = await work
      lists.succeeded()
      return known
    } catch (error) {
      if (!isClosed) lists.failed(error)
      throw error
    }
  }

  const signerOf = (identity: Identity): Signer => ({
    identity,
    async sign(data, flags) {
      const response = await ask({ type: 'sign-request', keyBlob: identity.keyBlob, data, flags })
      if (response.type === 'sign-response') return response.signature
      throw new AgentError('UPSTREAM_REFUSED', `the agent ${name} has not signed`)
    },
  })

  const withBlob = (identities: readonly Identity[], keyBlob: Uint8Array): Identity | undefined =>
    identities.find((each) => equalBytes(each.keyBlob, keyBlob))

  const listed = async (keyBlob: Uint8Array): Promise<Identity | undefined> => withBlob(await list(), keyBlob)

  const findSigner = async (keyBlob: Uint8Array): Promise<Signer | undefined> => {
    const identity = await listed(keyBlob).catch((error: unknown) => {
      // Somebody may be busy with it: a signature waits, where it is known to have the key.
      const before = errorCode(error) === 'UPSTREAM_LATE' ? withBlob(latest(), keyBlob) : undefined
      // Another agent may have the key.
      if (before === undefined)
        log.info('an agent was not asked for a signature', { agent: name, reason: describeError(error) })
      return before
    })
    return identity && signerOf(identity)
  }

  return {
    name: `agent ${name}`,
    adds,
    isAdded: false,
    isFor: (destination) => hosts?.fit(destination) !== 'misfit',
    hostsOf: () => hosts,
    confirmOf: () => confirm,
    objection: () => undefined,
    isShownTo: ({ isForwarded }) => !isForwarded || forward === 'allow',
    uses: ({ isForwarded }) => sign ?? (isForwarded ? loginsOnly : undefined),
    identities: async () => list(),
    expected: () => (lists.error() === undefined ? latest() : none),
    signer(keyBlob) {
      const before = withBlob(known, keyBlob)
      return before === undefined ? findSigner(keyBlob) : signerOf(before)
    },
    bind(contents) {
      binds.push(contents)
      passOn(contents)
    },
    async pass(request) {
      if (request.type === 'remove-token') {
        const provider = nameOfToken(request.provider)
        const { type } = await ask(request)
        if (type !== 'success') throw refused('removed the keys of a token')
        return passedOn.forget(provider)
      }
      const takeBack = passedOn.note(request)
      try {
        const { type } = await ask(request)
        if (type !== 'success') throw refused('added a key')
      } catch (error) {
        // It may add the key all the same when our client has gone meanwhile.
        if (!isClosed) takeBack()
        throw error
      }
    },
    async remove(keyBlob) {
      const copy = Uint8Array.from(keyBlob)
      if ((await listed(copy)) === undefined) return false
      const { type } = await ask({ type: 'remove-identity', keyBlob: copy })
      if (type !== 'success') throw refused('removed a key')
      passedOn.forget(nameOfKey(copy))
      return true
    },
    leave() {
      cancelLeaving()
      cancelLeaving = deps.clock.after(patienceMs, close)
    },
    close,
  }

  function close(): void {
    isClosed = true
    cancelLeaving()
    client?.close()
  }

  function refused(what: string): AgentError {
    return new AgentError('UPSTREAM_REFUSED', `the agent ${name} has not ${what}`, {
      hint: `SSH_AUTH_SOCK=${shellPath(deps.socket)} ssh-add … asks it without latchkey`,
    })
  }
}
