import { AgentError } from '../agent-error.ts'
import type { ConnectionView, MaybePromise } from '../keys/key-store.ts'
import type { AgentResponse, HardwareKind, HardwareRequest } from '../protocol/messages.ts'
import type { OpenUpstream } from '../upstream/open-upstream.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** Answers what one client asks about keys that only other agents can hold. @throws {AgentError} each of them: why not */
export interface HardwareKeys {
  /** Adds a key, or adds or removes those of a token: by the agent that takes its kind. */
  pass(request: HardwareRequest): Promise<AgentResponse>
  /** Removes a key from an agent that takes keys. */
  remove(keyBlob: Uint8Array): MaybePromise<AgentResponse>
  /** Removes what agents were given by way of us, by any client. */
  removeAdded(): MaybePromise<AgentResponse>
}

/** What answering it needs. */
export interface HardwareKeysDeps {
  connection: ConnectionView
  upstreams: () => readonly Upstream[]
  /** The same agents, as this connection sees them; none where they are hidden. */
  agents: () => readonly OpenUpstream[]
}

const success: AgentResponse = { type: 'success' }
const failure: AgentResponse = { type: 'failure' }

const kindOf = ({ type }: HardwareRequest): HardwareKind => (type === 'add-sk-key' ? 'sk' : 'pkcs11')
const wordsFor: Record<HardwareKind, string> = { sk: 'security keys (FIDO)', pkcs11: 'tokens (PKCS #11)' }

/** Passes nothing on for a client that may be on another machine. */
export function createHardwareKeys({ connection, upstreams, agents }: HardwareKeysDeps): HardwareKeys {
  return {
    async pass(request) {
      const kind = kindOf(request)
      // It names a library, which is then loaded (CVE-2023-38408). As with ssh-agent, any bind makes a client remote.
      if (connection.isForwarded || connection.bindings.length > 0)
        throw new AgentError('HARDWARE_REMOTE', `a connection that leads to a host asked for ${request.type}`)
      const taker = agents().find(({ adds }) => adds.includes(kind))
      if (taker === undefined)
        throw new AgentError('HARDWARE_UNTAKEN', `no agent is configured that takes keys of ${wordsFor[kind]}`, {
          hint: `adds = ["${kind}"] in the [ssh.upstream.NAME] of the agent that is to hold them, in config.toml`,
        })
      await taker.pass(request)
      return success
    },
    remove(keyBlob) {
      const takers = agents().filter(({ adds }) => adds.length > 0)
      return takers.length === 0 ? failure : removeFrom(takers, keyBlob)
    },
    removeAdded() {
      if (agents().length === 0) return success
      const under = upstreams().flatMap((upstream) => upstream.removeAdded() ?? [])
      return under.length === 0 ? success : Promise.all(under).then(() => success)
    },
  }
}

async function removeFrom(takers: readonly OpenUpstream[], keyBlob: Uint8Array): Promise<AgentResponse> {
  for (const taker of takers) if (await taker.remove(keyBlob)) return success
  return failure
}
