import { describeError, errorCode } from '../../core/errors.ts'
import { isPermitted, signPurpose } from '../connection/sign-policy.ts'
import { type ConnectionView, type Identity, type KeyStore, stricterConfirm } from '../keys/key-store.ts'
import type { UpstreamKey } from './upstream-key.ts'

const none: readonly Identity[] = []

/**
 * An identity whose key is with another agent, as one connection sees it. It is there while an agent that the connection may know
 * of lists the key. That agent signs, over this connection's own connection to it, and what its settings forbid stays forbidden.
 */
export function throughAgents(
  store: KeyStore,
  key: UpstreamKey,
  agents: readonly KeyStore[],
  connection: ConnectionView,
): KeyStore {
  let holder: KeyStore | undefined

  const shown = () => agents.filter((agent) => agent.isShownTo(connection))

  const look = async (agent: KeyStore): Promise<{ identities: readonly Identity[]; reasons: readonly string[] }> => {
    try {
      return { identities: await agent.identities(connection), reasons: [] }
    } catch (error) {
      // A client that has gone says nothing about where the key is.
      if (errorCode(error) === 'CLIENT_GONE') throw error
      return { identities: none, reasons: [describeError(error)] }
    }
  }

  const { through: _, ...rest } = store
  return {
    ...rest,
    confirmOf: (identity) =>
      holder === undefined ? 'always' : stricterConfirm(store.confirmOf(identity), holder.confirmOf(identity)),
    objection(identity, asking, data) {
      const uses = holder?.uses(asking)
      if (uses !== undefined && !isPermitted(uses, signPurpose(data)))
        return `its ${holder!.name} signs ${uses.join(', ') || 'nothing'}`
      return store.objection(identity, asking, data)
    },
    isShownTo: (asking) => store.isShownTo(asking) && holder?.isShownTo(asking) !== false,
    expected(asking) {
      holder = shown().find((agent) => agent.expected(asking).some(({ keyBlob }) => key.is(keyBlob)))
      return holder === undefined ? none : store.expected(asking)
    },
    async identities() {
      const asked = shown()
      const lists = await Promise.all(asked.map(look))
      const found = lists.flatMap(({ identities }) => identities).find(({ keyBlob }) => key.is(keyBlob))
      const reasons = lists.flatMap((list) => list.reasons)
      if (found === undefined) throw key.missed(reasons, asked.length === agents.length)
      key.seen(found.keyBlob)
      return await store.identities(connection)
    },
    async signer(keyBlob) {
      const certified = await store.signer(keyBlob)
      const plain = key.held()?.publicKey.blob
      if (certified === undefined || plain === undefined) return undefined
      for (const agent of shown()) {
        const signer = await agent.signer(plain)
        if (signer === undefined) continue
        holder = agent
        const sign: typeof signer.sign = (data, flags) => {
          key.signing()
          return signer.sign(data, flags)
        }
        return { identity: certified.identity, sign }
      }
      return undefined
    },
  }
}
