import type { Logger } from '../../core/log.ts'
import { maxFrameBytes } from '../protocol/frame.ts'
import type { AgentResponse } from '../protocol/messages.ts'
import { identityBytes } from '../protocol/responses.ts'
import type { Identity } from './key-store.ts'

/** The answers to lists. One per daemon: an answer may have 256 KiB, and otherwise each connection would keep its own. */
export interface IdentityLists {
  /**
   * The answer with the identities of all stores, in their order. It stays the same object as long as the stores return the
   * same arrays, which they do until something changes.
   */
  answer(parts: readonly (readonly Identity[])[]): AgentResponse
}

/** OpenSSH's MAX_AGENT_IDENTITIES: a longer list would hide everything from its clients. */
const maxIdentities = 2048
/** What precedes the first identity of a list: message number and count. */
const listHeadBytes = 5
/** Forwarded connections see other identities than local ones, and so does each destination. */
const maxKept = 8
/** The values of `behind`, in the order of the list. */
const places: readonly Identity['behind'][] = [undefined, 'certificates', 'everything']

/** Creates answers that are made anew only when their contents change. */
export function createIdentityLists({ log }: { log: Logger }): IdentityLists {
  const kept: { parts: readonly (readonly Identity[])[]; response: AgentResponse }[] = []

  const compose = (all: readonly Identity[]): AgentResponse => {
    const identities = withoutRepeats(all)
    const fitting = countFitting(identities)
    if (fitting < identities.length)
      log.warn('the list is too long for clients', { leftOut: identities.length - fitting })
    return { type: 'identities-answer', identities: identities.slice(0, fitting) }
  }

  return {
    answer(parts) {
      const [latest] = kept
      if (latest !== undefined && areSame(latest.parts, parts)) return latest.response
      const index = kept.findIndex((known) => areSame(known.parts, parts))
      const entry = index < 0 ? { parts, response: compose(inOrder(parts.flat())) } : kept.splice(index, 1)[0]!
      kept.unshift(entry)
      kept.splice(maxKept)
      return entry.response
    },
  }
}

/** Another agent may have a key that is here, too: trying it twice costs a try. */
function withoutRepeats(identities: readonly Identity[]): readonly Identity[] {
  const seen = new Set<string>()
  return identities.filter(({ keyBlob }) => {
    const name = Buffer.from(keyBlob.buffer, keyBlob.byteOffset, keyBlob.byteLength).toString('latin1')
    return seen.size < seen.add(name).size
  })
}

/** Those that help hardly anybody come last. */
function inOrder(identities: readonly Identity[]): readonly Identity[] {
  if (identities.every(({ behind }) => behind === undefined)) return identities
  return identities.toSorted((a, b) => placeOf(a) - placeOf(b))
}

/** Smaller comes first in a list, before anything else counts. */
export function placeOf({ behind }: Identity): number {
  return places.indexOf(behind)
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index])
}

/** How many identities, counted from the first, fit into an answer that clients accept. */
function countFitting(identities: readonly Identity[]): number {
  let bytes = listHeadBytes
  let count = 0
  for (const identity of identities) {
    bytes += identityBytes(identity)
    if (bytes > maxFrameBytes || count === maxIdentities) break
    count += 1
  }
  return count
}
