import { permissionDenied } from '../errors.ts'
import type { Identities } from '../identities.ts'
import type { Acl } from '../policy/acl.ts'
import type { PolicyStore } from '../policy/policies.ts'
import type { FoundToken, TokenStore } from './tokens.ts'

/** The holder of the token that a call comes with. */
export interface Caller {
  token: FoundToken
  acl: Acl
}

/** Who may call, and what. */
export interface Callers {
  /** @throws {DevVaultError} PERMISSION_DENIED for a token that is missing, unknown, dead, or used from elsewhere */
  authenticate(tokenId: string | undefined, remoteAddress: string): Caller
  /** What a token may do, whether or not it is the caller's own. */
  aclOf(token: FoundToken): Acl
}

/** Turns tokens into callers. @param deps.admit throws where a token is alive but not accepted */
export function createCallers(deps: {
  tokens: TokenStore
  identities: Identities
  policies: PolicyStore
  admit: (caller: Caller, remoteAddress: string) => void
}): Callers {
  const { tokens, identities, policies, admit } = deps
  const aclOf = ({ entry }: FoundToken) =>
    policies.aclOf([...entry.policies, ...identities.policiesOf(entry.entityId)], entry.entityId)
  return {
    aclOf,
    authenticate(tokenId, remoteAddress) {
      const token = tokenId === undefined ? undefined : tokens.find(tokenId)
      if (token === undefined) throw permissionDenied()
      const caller = { token, acl: aclOf(token) }
      admit(caller, remoteAddress)
      return caller
    },
  }
}
