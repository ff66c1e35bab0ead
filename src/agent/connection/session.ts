import { lazily } from '../../core/calls/lazily.ts'
import type { Logger } from '../../core/log.ts'
import { importPrivateKey } from '../../ssh/private-key.ts'
import { SshWriter } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import type { ConnectionView, KeyStore, MaybePromise } from '../keys/key-store.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { LockConnection } from '../lock/lock.ts'
import { agentPathName, readAgentPath } from '../protocol/agent-path.ts'
import type { AgentRequest, AgentResponse } from '../protocol/messages.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { type ConfirmationDeps, createConfirmation } from './confirmation.ts'
import { createConnectionStores } from './connection-stores.ts'
import { createHardwareKeys } from './hardware-keys.ts'
import { createListing, emptyList, type ListingDeps } from './listing.ts'
import { createRefusals, type RefusalsDeps } from './refusals.ts'
import { createSessionBindings, sessionBindName } from './session-bind.ts'
import { createSigning, type SigningDeps } from './signing.ts'

/** One connection to the agent. It owns the connection's session binds. */
export interface AgentSession {
  /** Answers one request. It never throws: a refusal is an answer too, and the log says why. */
  handle(request: AgentRequest): MaybePromise<AgentResponse>
  /** The client sends nothing any more, as when it has gone: no person is asked for it. */
  leave(): void
  /** The connection has closed: nobody waits for an answer any more. */
  close(): void
}

/** What a session needs; everything but the peer is shared by the connections of an agent. */
export interface AgentSessionDeps
  extends Omit<ListingDeps, 'connection' | 'allStores' | 'shownStores' | 'refusals'>,
    Pick<SigningDeps, 'pool'>,
    Pick<ConfirmationDeps, 'askPerson'>,
    Pick<RefusalsDeps, 'notices'> {
  keyring: Keyring
  /** The configured identities, the same array until they change. They are listed before the keys of the keyring. */
  stores: () => readonly KeyStore[]
  /** Other agents, likewise. They are listed last. */
  upstreams: () => readonly Upstream[]
  /** Upstream agents list nothing themselves: they are there for the identities whose keys they hold. */
  hidesUpstreams?: true | undefined
  log: Logger
}

const clientGone = () => new AgentError('CLIENT_GONE', 'the client has gone')

const failure: AgentResponse = { type: 'failure' }
const success: AgentResponse = { type: 'success' }
const extensionFailure: AgentResponse = { type: 'extension-failure' }

const queryName = 'query'
const extensionNames: readonly string[] = [queryName, sessionBindName]

/** The session of a connection that has just been accepted. */
export function createAgentSession(deps: AgentSessionDeps): AgentSession {
  const { keyring, stores, upstreams, hidesUpstreams, lock, log, peer, notices, pool } = deps
  const bindings = createSessionBindings()
  const connection: ConnectionView = bindings
  let unlocking: LockConnection | undefined
  const refusals = createRefusals({ connection, notices, peer, log })
  const connectionStores = createConnectionStores({ connection, stores, keyring, upstreams, hidesUpstreams })
  /** The client is an upstream agent that asks us what we ask it: it gets nothing, or that would never end. */
  let isLoop = false
  let isClosed = false
  let hasLeft = false
  let leaving: AbortController | undefined

  const isShown = (store: KeyStore) => store.isShownTo(connection)

  /** The stores that this connection may know of: the one place that decides it. */
  const shownStores = () => {
    const all = connectionStores.all()
    // Nearly always, and then nothing is made for it.
    return all.every(isShown) ? all : all.filter(isShown)
  }

  /** Made when it is needed: most connections never ask anybody. */
  const gone = (): AbortSignal => {
    leaving ??= new AbortController()
    if (hasLeft) leaving.abort(clientGone())
    return leaving.signal
  }

  const leave = (): void => {
    hasLeft = true
    leaving?.abort(clientGone())
    connectionStores.leave()
  }

  // Each of them is made when it is first needed: most connections list once or sign once, and many do so.
  const list = lazily(() =>
    createListing({ ...deps, connection, allStores: connectionStores.all, shownStores, refusals }),
  )
  const confirm = lazily(() =>
    createConfirmation({
      connection,
      peer,
      destinations: deps.destinations,
      settings: deps.settings,
      askPerson: deps.askPerson,
    }),
  )
  const hardware = lazily(() => createHardwareKeys({ connection, upstreams, agents: connectionStores.agents }))
  const sign = lazily(() =>
    createSigning({
      connection,
      allStores: connectionStores.all,
      shownStores,
      pool,
      refusals,
      confirm,
      lock,
      gone,
      isClosed: () => isClosed,
      peer,
      log,
    }),
  )

  const add = ({ key, comment, constraints }: AgentRequest & { type: 'add-identity' }): AgentResponse => {
    keyring.add(importPrivateKey(key), comment, constraints, connection)
    return success
  }

  const turnLock = async (request: AgentRequest & { type: 'lock' | 'unlock' }): Promise<AgentResponse> => {
    const { passphrase } = request
    unlocking ??= lock.connect(peer?.name)
    const turn = request.type === 'lock' ? lock.lock : unlocking.unlock
    try {
      return !isOutOfReach(request) && (await turn(passphrase)) ? success : failure
    } finally {
      passphrase.expose().fill(0)
    }
  }

  const noteAgentPath = (contents: Uint8Array): AgentResponse => {
    try {
      const own = connectionStores.cameBy(readAgentPath(contents))
      if (own === undefined) return success
      isLoop = true
      refusals.refuse(`the agent ${own.name} leads back here`)
      return success
    } catch (error) {
      isLoop = true
      return refusals.failed(extensionFailure, error)
    }
  }

  const answerExtension = (name: string, contents: Uint8Array): AgentResponse => {
    if (name === sessionBindName) {
      // Also one that fails: a client that could not prove where it is must not be local to them.
      connectionStores.bind(contents)
      try {
        bindings.bind(contents)
        return success
      } catch (error) {
        return refusals.failed(extensionFailure, error)
      }
    }
    if (name === agentPathName) return noteAgentPath(contents)
    if (name !== queryName || lock.isLocked()) return failure
    const names = extensionNames.reduce((writer, extension) => writer.string(extension), new SshWriter())
    return contents.length === 0 ? { type: 'extension-response', name, contents: names.bytes() } : extensionFailure
  }

  /** Whether a request is refused because only this machine may send it, and only while the agent is not locked. */
  const isOutOfReach = (request: AgentRequest): boolean => {
    if (lock.isLocked() && request.type !== 'unlock') return true
    if (!connection.isForwarded) return false
    refusals.refuse(`a forwarded connection asked for ${request.type}`)
    return true
  }

  const answer = (request: AgentRequest): MaybePromise<AgentResponse> => {
    if (isLoop && request.type !== 'extension') return request.type === 'request-identities' ? emptyList : failure
    switch (request.type) {
      case 'request-identities':
        return list()()
      case 'sign-request':
        return lock.isLocked() ? failure : sign()(request)
      case 'add-identity':
        return isOutOfReach(request) ? failure : add(request)
      case 'remove-identity':
        if (isOutOfReach(request)) return failure
        return keyring.remove(request.keyBlob, connection) ? success : hardware().remove(request.keyBlob)
      case 'remove-all-identities':
        if (isOutOfReach(request)) return failure
        keyring.removeAll()
        return hardware().removeAdded()
      case 'add-sk-key':
      case 'add-token':
      case 'remove-token':
        return isOutOfReach(request) ? failure : hardware().pass(request)
      case 'lock':
      case 'unlock':
        return turnLock(request)
      case 'extension':
        return answerExtension(request.name, request.contents)
      case 'unsupported':
        log.debug('unknown agent message', { number: request.messageNumber, peer: peer?.name })
        return failure
    }
  }

  return {
    handle(request) {
      try {
        const response = answer(request)
        return response instanceof Promise
          ? response.catch((error: unknown) => refusals.failed(failure, error))
          : response
      } catch (error) {
        return refusals.failed(failure, error)
      } finally {
        wipeSecrets(request)
      }
    },
    leave,
    close() {
      isClosed = true
      leave()
      unlocking?.close()
      connectionStores.close()
    },
  }
}

/** What was asked has been read by then, or copied. */
function wipeSecrets(request: AgentRequest): void {
  if (request.type === 'add-identity') request.key.fields.wipe()
  else if ('contents' in request && request.type !== 'extension') request.contents.expose().fill(0)
}
