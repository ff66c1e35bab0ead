import { AgentError } from '../agent-error.ts'
import { removalOfToken } from '../protocol/hardware-requests.ts'
import type { HardwareRequest } from '../protocol/messages.ts'
import type { EncodableRequest } from '../protocol/requests.ts'

/** What clients have had another agent add by way of us, as the requests that remove it again. */
export interface PassedOn {
  /**
   * Notes what is about to be added: its answer may never come.
   * @returns takes it back, for an agent that has refused
   * @throws {AgentError} KEYRING_FULL
   */
  note(request: HardwareRequest): () => void
  removals(): readonly PassedOnRemoval[]
  /** @param name of a removal */
  forget(name: string): void
}

/** How one thing that was added is removed. */
export interface PassedOnRemoval {
  name: string
  request: EncodableRequest
}

/** As many keys as an agent can list. */
const maxNoted = 2048

/** Nothing has been added. */
export function createPassedOn(): PassedOn {
  const noted = new Map<string, PassedOnRemoval>()

  return {
    note(request) {
      const removal = removalOf(request)
      const { name } = removal
      if (noted.has(name)) return () => {}
      if (noted.size >= maxNoted)
        throw new AgentError('KEYRING_FULL', `${maxNoted} keys were passed on already`, { hint: 'ssh-add -D' })
      noted.set(name, removal)
      return () => void noted.delete(name)
    },
    removals: () => [...noted.values()],
    forget: (name) => void noted.delete(name),
  }
}

/** Copied: the message that the request came in is overwritten. */
function removalOf(request: HardwareRequest): PassedOnRemoval {
  if (request.type === 'add-sk-key') {
    const keyBlob = Uint8Array.from(request.keyBlob)
    return { name: nameOfKey(keyBlob), request: { type: 'remove-identity', keyBlob } }
  }
  const provider = Uint8Array.from(request.provider)
  return { name: nameOfToken(provider), request: removalOfToken(provider) }
}

/** The name of the removal of a key. */
export const nameOfKey = (keyBlob: Uint8Array) => `key ${Buffer.from(keyBlob).toString('latin1')}`
/** The name of the removal of a token. */
export const nameOfToken = (provider: Uint8Array) => `token ${Buffer.from(provider).toString('latin1')}`
