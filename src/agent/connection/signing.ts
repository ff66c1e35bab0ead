import type { Turns } from '../../core/calls/turns.ts'
import type { Logger } from '../../core/log.ts'
import { AgentError, type AgentErrorCode } from '../agent-error.ts'
import { keyRules } from '../keys/key-rules.ts'
import type { ConnectionView, KeyStore, MaybePromise, Signer } from '../keys/key-store.ts'
import type { Lock } from '../lock/lock.ts'
import type { AgentRequest, AgentResponse } from '../protocol/messages.ts'
import type { KeyUse } from './confirmation.ts'
import type { AgentPeer } from './peer.ts'
import { fingerprintOf, type Refusals } from './refusals.ts'
import { describePurpose, isPermitted, signPurpose } from './sign-policy.ts'

/** What answering requests for signatures needs. */
export interface SigningDeps {
  connection: ConnectionView
  allStores: () => readonly KeyStore[]
  /** Those of them that this connection may know of. */
  shownStores: () => readonly KeyStore[]
  /** The turns for signing in Node's thread pool, which file access and name lookups need too. */
  pool: Turns
  refusals: Refusals
  /** Asks the person. */
  confirm: () => (use: KeyUse, signal: AbortSignal) => Promise<boolean>
  lock: Lock
  /** Aborts when nobody waits for an answer any more. */
  gone: () => AbortSignal
  /** Whether nobody waits for an answer any more. */
  isClosed: () => boolean
  peer: AgentPeer | undefined
  log: Logger
}

type SignRequest = AgentRequest & { type: 'sign-request' }

/** A key, and the store that it is in. */
interface Found {
  store: KeyStore
  signer: Signer
}

/** Answers the requests for signatures of one connection. */
export function createSigning(deps: SigningDeps): (request: SignRequest) => MaybePromise<AgentResponse> {
  const { connection, allStores, shownStores, pool, refusals, confirm, lock, gone, isClosed, peer, log } = deps

  const find = (keyBlob: Uint8Array, all: readonly KeyStore[], from = 0): MaybePromise<Found | undefined> => {
    for (let index = from; index < all.length; index += 1) {
      const store = all[index]!
      // Loading it may wait for a person, or fail, while the same key is at hand.
      if (store.holds?.(keyBlob) === 'elsewhere' && all.some((other) => other.holds?.(keyBlob) === 'here')) continue
      const signer = store.signer(keyBlob)
      if (signer instanceof Promise)
        return signer.then(
          (found) => (found === undefined ? find(keyBlob, all, index + 1) : { store, signer: found }),
          (error: unknown) => findInstead(error, store, keyBlob, all.slice(index + 1)),
        )
      if (signer !== undefined) return { store, signer }
    }
    return undefined
  }

  /** A key that could not be fetched does not keep another store from signing with the same key. */
  const findInstead = async (error: unknown, store: KeyStore, keyBlob: Uint8Array, others: readonly KeyStore[]) => {
    const found = store.holds?.(keyBlob) === undefined ? undefined : await find(keyBlob, others)
    if (found === undefined) throw error
    return found
  }

  const signWith = (found: Found, request: SignRequest, isConfirmed = false): MaybePromise<AgentResponse> => {
    const { keyBlob, data } = request
    const { store, signer } = found
    const rules = keyRules({
      keyBlob,
      identity: signer.identity,
      store,
      all: allStores(),
      whyNot: (each) => whyNot(each, signer, data),
    })
    if (rules.type === 'refused') return refusals.refuse(rules.reason, keyBlob)
    const { confirm: policy } = rules
    const isToBeConfirmed = policy === 'always' || (policy === 'forwarded' && connection.isForwarded)
    return isToBeConfirmed && !isConfirmed ? signIfConfirmed(found, request) : signNow(found, request)
  }

  /** Why the settings of a store forbid a signature. */
  const whyNot = (store: KeyStore, { identity }: Signer, data: Uint8Array): string | undefined => {
    const uses = store.uses(connection)
    if (uses !== undefined && !isPermitted(uses, signPurpose(data))) {
      const who = connection.isForwarded ? 'a forwarded connection' : 'a client'
      const what = describePurpose(signPurpose(data))
      return `${who} asked ${store.name} for ${what}: it signs ${uses.join(', ') || 'nothing'}`
    }
    const objection = store.objection(identity, connection, data)
    return objection && `a key of ${store.name} does not sign this: ${objection}`
  }

  /** Nobody is left before a question whose answer counts for nothing any more. */
  const isAllowed = async (use: KeyUse, { onceGone }: KeyStore): Promise<boolean> => {
    const withdrawn = new AbortController()
    const withdraw = (code: AgentErrorCode, why: string) => () =>
      withdrawn.abort(new AgentError(code, `${why} before a person answered`))
    const stops = [
      lock.onceLocked(withdraw('LOCKED_MEANWHILE', 'the agent was locked')),
      onceGone?.(use.identity.keyBlob, withdraw('REMOVED_MEANWHILE', 'the key was removed')),
    ]
    try {
      return await confirm()(use, AbortSignal.any([gone(), withdrawn.signal]))
    } finally {
      for (const stop of stops) stop?.()
    }
  }

  const signIfConfirmed = async (found: Found, request: SignRequest): Promise<AgentResponse> => {
    const { store, signer } = found
    const { keyBlob, data } = request
    if (!(await isAllowed({ identity: signer.identity, purpose: signPurpose(data) }, store)))
      return refusals.refuse(`a person did not allow a use of ${store.name}`, keyBlob)
    // That may have taken minutes: the key may be another entry now, with constraints of its own, and settings may differ.
    const present = await find(keyBlob, shownStores())
    if (lock.isLocked() || isClosed() || present === undefined)
      return refusals.refuse(`a use of ${store.name} was allowed when it was out of reach already`, keyBlob)
    return signWith(present, request, true)
  }

  const signNow = (found: Found, request: SignRequest): MaybePromise<AgentResponse> => {
    const { store, signer } = found
    const { keyBlob, data, flags } = request
    log.debug('signing', () => ({
      for: describePurpose(signPurpose(data)),
      key: fingerprintOf(keyBlob),
      with: store.name,
      peer: peer?.name,
      host: fingerprintOf(connection.bindings.at(-1)?.hostKeyBlob),
      isForwarded: connection.isForwarded,
    }))
    if (signer.usesPool === true) return signInPool(found, request)
    const signature = signer.sign(data, flags)
    // Another agent may wait for a touch.
    return signature instanceof Promise
      ? signature.then((late) => unlessLocked(store, keyBlob, late))
      : toResponse(signature)
  }

  /** Signs in its turn, and not at all if nobody waits for it any more: it takes milliseconds. */
  const signInPool = ({ store, signer }: Found, { keyBlob, data, flags }: SignRequest): Promise<AgentResponse> =>
    pool.run(async () => {
      if (isClosed()) return { type: 'failure' }
      const signature = lock.isLocked() ? undefined : await signer.sign(data, flags)
      return unlessLocked(store, keyBlob, signature)
    })

  /** What took a while, in which the agent may have been locked. */
  const unlessLocked = (store: KeyStore, keyBlob: Uint8Array, signature: Uint8Array | undefined): AgentResponse =>
    signature === undefined || lock.isLocked()
      ? refusals.refuse(`a signature of ${store.name} came when it was locked`, keyBlob)
      : toResponse(signature)

  return (request) => {
    const answer = (found: Found | undefined): MaybePromise<AgentResponse> =>
      found === undefined
        ? refusals.refuse('a client asked for a signature by a key that is not here', request.keyBlob)
        : signWith(found, request)
    const found = find(request.keyBlob, shownStores())
    if (!(found instanceof Promise)) return answer(found)
    // A person may have opened the keychain meanwhile, and settings may have changed.
    return found.then((later) => (lock.isLocked() || isClosed() ? { type: 'failure' } : answer(later)))
  }
}

const toResponse = (signature: Uint8Array): AgentResponse => ({ type: 'sign-response', signature })
