import type { Turns } from '../../core/calls/turns.ts'
import { CodedError, describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { importPrivateKey } from '../../ssh/private-key.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import { SshError, SshWriter } from '../../ssh/wire.ts'
import { arrange, isPlain, type ListSettings } from '../destination/arrangement.ts'
import type { Destinations } from '../destination/destinations.ts'
import type { IdentityLists } from '../keys/identity-lists.ts'
import type { ConnectionView, Identity, KeyStore, MaybePromise, Signer } from '../keys/key-store.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Lock } from '../lock/lock.ts'
import type { AgentNotices } from '../notices.ts'
import type { AgentRequest, AgentResponse } from '../protocol/messages.ts'
import { createListReader } from './list-reader.ts'
import type { AgentPeer } from './peer.ts'
import { createSessionBindings, sessionBindName } from './session-bind.ts'
import { maySign } from './sign-policy.ts'

/** One connection to the agent. It owns the connection's session binds. */
export interface AgentSession {
  /** Answers one request. It never throws: a refusal is an answer too, and the log says why. */
  handle(request: AgentRequest): MaybePromise<AgentResponse>
  /** The connection has closed: nobody waits for an answer any more. */
  close(): void
}

/** What a session needs; everything but the peer is shared by the connections of an agent. */
export interface AgentSessionDeps {
  keyring: Keyring
  /** The configured identities, the same array until they change. They are listed before the keys of the keyring. */
  stores: () => readonly KeyStore[]
  lock: Lock
  lists: IdentityLists
  /** Takes what a client did not get. */
  notices: AgentNotices
  settings: () => ListSettings
  destinations: Destinations
  clock: Clock
  /** The turns for signing in Node's thread pool, which file access and name lookups need too. */
  pool: Turns
  log: Logger
  /** Undefined if it is not known who has connected. */
  peer: AgentPeer | undefined
}

const failure: AgentResponse = { type: 'failure' }
const success: AgentResponse = { type: 'success' }
const extensionFailure: AgentResponse = { type: 'extension-failure' }
const emptyList: AgentResponse = { type: 'identities-answer', identities: [] }

const queryName = 'query'
const extensionNames: readonly string[] = [queryName, sessionBindName]

/** The session of a connection that has just been accepted. */
export function createAgentSession(deps: AgentSessionDeps): AgentSession {
  const { keyring, stores, lock, lists, notices, settings, pool, log } = deps
  const bindings = createSessionBindings()
  const peer = deps.peer?.name
  const unlocking = lock.connect(peer)
  const connection: ConnectionView = bindings
  const readerFor = createListReader({ ...deps, connection })
  let configured: readonly KeyStore[] | undefined
  let known: readonly KeyStore[] = []
  let arranged:
    | { settings: ListSettings; destination: unknown; ready: readonly unknown[]; identities: readonly Identity[] }
    | undefined
  let isClosed = false

  /** The stores that this connection may know of: the one place that decides it. */
  const shownStores = (): readonly KeyStore[] => {
    const present = stores()
    if (present !== configured) known = [...present, keyring]
    configured = present
    return known.filter((store) => store.isShownTo(connection))
  }

  const note = (reason: string, keyBlob?: Uint8Array): void => {
    const host = bindings.bindings.at(-1)?.hostKeyBlob
    const [key, hostKey] = [keyBlob, host].map((blob) => (blob === undefined ? undefined : fingerprintIfAny(blob)))
    notices.add({ reason, key, peer: deps.peer, host: hostKey })
  }

  const refuse = (response: AgentResponse, error: unknown): AgentResponse => {
    // Our own errors explain a refusal; any other error is a bug of ours, but still no reason to crash.
    const write = error instanceof CodedError ? log.info : log.error
    write('agent request refused', { code: errorCode(error), reason: describeError(error), peer })
    note(describeError(error))
    return response
  }

  const identitiesOf = (store: KeyStore): MaybePromise<readonly Identity[]> => {
    const hide = (error: unknown): readonly Identity[] => {
      log.info('identities left out', { code: errorCode(error), reason: describeError(error), peer })
      return []
    }
    try {
      const identities = store.identities()
      return identities instanceof Promise ? identities.catch(hide) : identities
    } catch (error) {
      return hide(error)
    }
  }

  const answerList = (parts: readonly (readonly Identity[])[]): AgentResponse =>
    // The agent may have been locked while a store was waiting.
    lock.isLocked() ? emptyList : lists.answer(parts)

  const list = (): MaybePromise<AgentResponse> => {
    if (lock.isLocked()) return emptyList
    const shown = shownStores()
    const parts = shown.map(identitiesOf)
    if (!isPlain(settings())) return listInOrder(shown, parts, settings())
    return areReady(parts) ? answerList(parts) : Promise.all(parts).then(answerList)
  }

  const listInOrder = async (
    shown: readonly KeyStore[],
    parts: readonly MaybePromise<readonly Identity[]>[],
    inEffect: ListSettings,
  ): Promise<AgentResponse> => {
    const [reader, ...ready] = await Promise.all([readerFor(inEffect), ...parts])
    if (reader.isRevoked) {
      log.warn('nothing is listed for a host whose key is @revoked in known_hosts', { peer })
      note('nothing was listed: the key of the host is @revoked in known_hosts')
      return emptyList
    }
    if (reader.isUnnamed) note('everything was listed: known_hosts has no name for the host that fits')
    const isSame =
      arranged?.destination === reader.destination && ready.every((part, index) => part === arranged?.ready[index])
    if (!isSame || arranged?.settings !== inEffect) {
      const all = shown.map((store, index) => ({ store, identities: ready[index]! }))
      const { destination } = reader
      arranged = { settings: inEffect, destination, ready, identities: arrange(all, reader, inEffect) }
    }
    return answerList([arranged.identities])
  }

  const findSigner = (keyBlob: Uint8Array, all = shownStores(), from = 0): MaybePromise<Signer | undefined> => {
    for (let index = from; index < all.length; index += 1) {
      const signer = all[index]!.signer(keyBlob)
      if (signer instanceof Promise) return signer.then((found) => found ?? findSigner(keyBlob, all, index + 1))
      if (signer !== undefined) return signer
    }
    return undefined
  }

  const sign = ({ keyBlob, data, flags }: AgentRequest & { type: 'sign-request' }): MaybePromise<AgentResponse> => {
    if (!maySign(connection, data)) return refuseForwarded('to sign something other than a login', keyBlob)
    const signWith = (signer: Signer | undefined): MaybePromise<AgentResponse> => {
      if (signer === undefined) {
        note('no signature: the agent does not have the key', keyBlob)
        return failure
      }
      if (signer.usesPool === true) return signInPool(signer, data, flags)
      const signature = signer.sign(data, flags)
      return signature instanceof Promise ? signature.then(toSignResponse) : toSignResponse(signature)
    }
    const signer = findSigner(keyBlob)
    return signer instanceof Promise ? signer.then(signWith) : signWith(signer)
  }

  /** Signs in its turn, and not at all if nobody waits for it any more: it takes milliseconds. */
  const signInPool = (signer: Signer, data: Uint8Array, flags: number): Promise<AgentResponse> =>
    pool.run(async () => (isClosed ? failure : toSignResponse(await signer.sign(data, flags))))

  const refuseForwarded = (what: string, keyBlob?: Uint8Array): AgentResponse => {
    const reason = `a forwarded connection asked ${what}`
    log.info('agent request refused', { reason, peer })
    note(reason, keyBlob)
    return failure
  }

  const add = ({ key, comment, constraints }: AgentRequest & { type: 'add-identity' }): AgentResponse => {
    keyring.add(importPrivateKey(key), comment, constraints)
    return success
  }

  const turnLock = async (request: AgentRequest & { type: 'lock' | 'unlock' }): Promise<AgentResponse> => {
    const { passphrase } = request
    const turn = request.type === 'lock' ? lock.lock : unlocking.unlock
    try {
      return !isOutOfReach(request) && (await turn(passphrase)) ? success : failure
    } finally {
      passphrase.expose().fill(0)
    }
  }

  const answerExtension = (name: string, contents: Uint8Array): AgentResponse => {
    if (name === sessionBindName) {
      try {
        bindings.bind(contents)
        return success
      } catch (error) {
        return refuse(extensionFailure, error)
      }
    }
    if (name !== queryName || lock.isLocked()) return failure
    const names = extensionNames.reduce((writer, extension) => writer.string(extension), new SshWriter())
    return contents.length === 0 ? { type: 'extension-response', name, contents: names.bytes() } : extensionFailure
  }

  /** Whether a request is refused because only this machine may send it, and only while the agent is not locked. */
  const isOutOfReach = (request: AgentRequest): boolean => {
    if (lock.isLocked() && request.type !== 'unlock') return true
    if (!connection.isForwarded) return false
    refuseForwarded(`for ${request.type}`)
    return true
  }

  const answer = (request: AgentRequest): MaybePromise<AgentResponse> => {
    switch (request.type) {
      case 'request-identities':
        return list()
      case 'sign-request':
        return lock.isLocked() ? failure : sign(request)
      case 'add-identity':
        return isOutOfReach(request) ? failure : add(request)
      case 'remove-identity':
        return !isOutOfReach(request) && keyring.remove(request.keyBlob) ? success : failure
      case 'remove-all-identities':
        if (isOutOfReach(request)) return failure
        keyring.removeAll()
        return success
      case 'lock':
      case 'unlock':
        return turnLock(request)
      case 'extension':
        return answerExtension(request.name, request.contents)
      case 'unsupported':
        log.debug('unknown agent message', { number: request.messageNumber, peer })
        return failure
    }
  }

  return {
    handle(request) {
      try {
        const response = answer(request)
        return response instanceof Promise ? response.catch((error: unknown) => refuse(failure, error)) : response
      } catch (error) {
        return refuse(failure, error)
      } finally {
        if (request.type === 'add-identity') request.key.fields.wipe()
      }
    },
    close() {
      isClosed = true
      unlocking.close()
    },
  }
}

/** A client may name anything. */
function fingerprintIfAny(blob: Uint8Array): string | undefined {
  try {
    return fingerprint(blob)
  } catch (error) {
    if (error instanceof SshError) return undefined
    throw error
  }
}

const toSignResponse = (signature: Uint8Array): AgentResponse => ({ type: 'sign-response', signature })

function areReady<T>(parts: readonly MaybePromise<T>[]): parts is readonly T[] {
  return parts.every((part) => !(part instanceof Promise))
}
