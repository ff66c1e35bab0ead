import type { Logger } from '../../core/log.ts'
import { arrange, isPlain, type ListSettings } from '../destination/arrangement.ts'
import type { Destination } from '../destination/host-patterns.ts'
import type { IdentityLists } from '../keys/identity-lists.ts'
import type { Identity, KeyStore, MaybePromise } from '../keys/key-store.ts'
import type { Lock } from '../lock/lock.ts'
import type { AgentResponse } from '../protocol/messages.ts'
import { type ConnectionReader, createListReader, type ListReaderDeps } from './list-reader.ts'
import type { Refusals } from './refusals.ts'

/** What answering lists needs. */
export interface ListingDeps extends ListReaderDeps {
  allStores: () => readonly KeyStore[]
  /** Those of them that this connection may know of. */
  shownStores: () => readonly KeyStore[]
  lists: IdentityLists
  /** How lists are ordered, the same object until that changes. */
  settings: () => ListSettings
  lock: Lock
  refusals: Refusals
  log: Logger
}

interface Arranged {
  settings: ListSettings
  destination: unknown
  parts: readonly (readonly Identity[])[]
  identities: readonly Identity[]
}

/** What is answered where nothing is to be seen. */
export const emptyList: AgentResponse = { type: 'identities-answer', identities: [] }

/** Answers the lists of one connection. It owns the latest one that is for this connection's destination. */
export function createListing(deps: ListingDeps): () => MaybePromise<AgentResponse> {
  const { connection, allStores, shownStores, lists, settings, lock, refusals, log } = deps
  const peer = deps.peer?.name
  const readerFor = createListReader(deps)
  let arranged: Arranged | undefined

  const hide = (error: unknown): readonly Identity[] => {
    refusals.leftOut(error)
    return []
  }

  const identitiesOf = (store: KeyStore): MaybePromise<readonly Identity[]> => {
    try {
      const identities = store.identities(connection)
      return identities instanceof Promise ? identities.catch(hide) : identities
    } catch (error) {
      return hide(error)
    }
  }

  /** A user who looks for a key on another machine finds the reason, unless it is for other hosts anyhow. */
  const tellHidden = (shown: readonly KeyStore[], destination?: Destination): void => {
    const all = allStores()
    if (all.length === shown.length) return
    for (const { name, isFor } of all.filter((store) => !shown.includes(store))) {
      if (destination !== undefined && !isFor(destination)) continue
      const reason = `${name} was not shown on a forwarded connection: forward = "allow" shows it`
      log.info('identities left out', { reason, peer })
      refusals.note(reason)
    }
  }

  const answer = (parts: readonly (readonly Identity[])[]): AgentResponse =>
    // The agent may have been locked while a store was waiting.
    lock.isLocked() ? emptyList : lists.answer(parts)

  const isHeld = (inEffect: ListSettings, destination: unknown, parts: readonly (readonly Identity[])[]): boolean =>
    arranged?.settings === inEffect &&
    arranged.destination === destination &&
    arranged.parts.length === parts.length &&
    parts.every((part, index) => part === arranged?.parts[index])

  const listFor = (
    reader: ConnectionReader,
    stores: readonly KeyStore[],
    inEffect: ListSettings,
  ): MaybePromise<AgentResponse> => {
    const { destination, isRevoked, isUnnamed } = reader
    if (isRevoked) {
      refusals.refuse('nothing was listed: the key of the host is @revoked in known_hosts')
      return emptyList
    }
    tellHidden(stores, destination)
    if (isUnnamed) refusals.note('everything was listed: known_hosts has no name for the host that fits')
    const fitting = destination === undefined ? stores : stores.filter((store) => store.isFor(destination))
    return whenReady(fitting.map(identitiesOf), (parts) => {
      if (!isHeld(inEffect, destination, parts)) {
        const all = fitting.map((store, index) => ({ store, identities: parts[index]! }))
        arranged = { settings: inEffect, destination, parts, identities: arrange(all, reader, inEffect) }
      }
      return answer([arranged!.identities])
    })
  }

  return () => {
    if (lock.isLocked()) return emptyList
    const stores = shownStores()
    const inEffect = settings()
    if (!isPlain(inEffect)) {
      const reader = readerFor(inEffect)
      if (!(reader instanceof Promise)) return listFor(reader, stores, inEffect)
      return reader.then((found) => listFor(found, stores, inEffect))
    }
    tellHidden(stores)
    return whenReady(stores.map(identitiesOf), answer)
  }
}

/** No promise where there is nothing to wait for. */
function whenReady<T, Result>(
  parts: readonly MaybePromise<T>[],
  then: (parts: readonly T[]) => Result,
): MaybePromise<Result> {
  return areReady(parts) ? then(parts) : Promise.all(parts.map(async (part) => await part)).then(then)
}

function areReady<T>(parts: readonly MaybePromise<T>[]): parts is readonly T[] {
  return parts.every((part) => !(part instanceof Promise))
}
