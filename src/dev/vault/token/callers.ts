import { permissionDenied } from '../errors.ts'
import type { IdentityStore } from '../identity/identity.ts'
import { isInNetworks } from '../login/networks.ts'
import type { Acl } from '../policy/acl.ts'
import type { PolicyStore } from '../policy/policies.ts'
import type { Entity } from '../state.ts'
import type { FoundToken, TokenStore } from './tokens.ts'

/** Whoever calls with a token. */
export interface Caller {
  token: FoundToken
  entity: Entity | undefined
  acl: Acl
}

/** Who may call, and what. */
export interface Callers {
  /** @throws {DevVaultError} PERMISSION_DENIED for a token that is missing, unknown, dead, or used from elsewhere */
  authenticate(tokenId: string | undefined, remoteAddress: string): Caller
  /** What a token may do, also where it is not the caller's own. */
  aclOf(token: FoundToken): Acl
}

/** Turns tokens into callers. */
export function createCallers(deps: { tokens: TokenStore; identity: IdentityStore; policies: PolicyStore }): Callers {
  const { tokens, identity, policies } = deps
  const entityOf = ({ entry }: FoundToken) => (entry.entityId === '' ? undefined : identity.find(entry.entityId))
  const aclOf = (token: FoundToken) => {
    const entity = entityOf(token)
    return policies.aclOf([...token.entry.policies, ...(entity?.policies ?? [])], entity)
  }
  return {
    aclOf,
    authenticate(tokenId, remoteAddress) {
      const token = tokenId === undefined ? undefined : tokens.find(tokenId)
      if (token === undefined) throw permissionDenied()
      const { boundCidrs } = token.entry
      if (boundCidrs.length > 0 && !isInNetworks(remoteAddress, boundCidrs)) throw permissionDenied()
      const entity = entityOf(token)
      if (entity?.disabled === true) throw permissionDenied()
      return { token, entity, acl: aclOf(token) }
    },
  }
}
