import { invalidRequest } from '../errors.ts'
import type { IdentityStore } from '../identity/identity.ts'
import type { Reply } from '../reply.ts'
import type { MountEntry, TokenTerms } from '../state.ts'
import { authAnswerOf } from '../token/token-answer.ts'
import { sanitizePolicies } from '../token/token-terms.ts'
import { calculateTtl, ttlOfMount } from '../token/token-ttl.ts'
import type { TokenStore } from '../token/tokens.ts'

/** What a login method found out about whoever logs in. */
export interface LoginGrant {
  mount: MountEntry
  /** The path of the login call, which the token remembers. */
  path: string
  /** The name by which the method knows the caller; an entity is made for it. */
  aliasName: string
  /** Added to the mount's name; may be empty. */
  displayName: string
  metadata: Readonly<Record<string, string>>
  terms: TokenTerms
  /** Instead of the networks in the terms. */
  boundCidrs?: readonly string[]
  /** The user or role, by which a renewal finds its terms. */
  name: string
}

/** Gives out tokens for logins that succeeded. */
export function createLogins(deps: { tokens: TokenStore; identity: IdentityStore; now: () => number }) {
  const { tokens, identity, now } = deps
  return {
    /** @throws {DevVaultError} INVALID_REQUEST for a role that would give the root policy */
    issue(grant: LoginGrant): Reply {
      const { mount, terms } = grant
      const policies = sanitizePolicies(terms.policies, !terms.noDefaultPolicy)
      if (policies.includes('root')) throw invalidRequest('auth methods cannot create root tokens')
      const { ttlSeconds, warnings } = calculateTtl({ ...terms, ...ttlOfMount(mount), issuedAtMs: now() }, now())
      const entity = identity.ofLogin(mount.accessor, grant.aliasName, grant.metadata)
      const isBatch = terms.type === 'batch'
      const { id, entry } = tokens.create({
        type: isBatch ? 'batch' : 'service',
        parent: null,
        path: grant.path,
        policies,
        meta: grant.metadata,
        displayName: displayNameOf(mount, grant.displayName),
        usesLeft: terms.numUses,
        issuedAtMs: now(),
        creationTtlSeconds: ttlSeconds,
        explicitMaxTtlSeconds: terms.explicitMaxTtlSeconds,
        periodSeconds: terms.periodSeconds,
        renewable: !isBatch,
        entityId: entity.id,
        boundCidrs: grant.boundCidrs ?? terms.boundCidrs,
        login: { mountUuid: mount.uuid, name: grant.name },
      })
      return { type: 'auth', auth: authAnswerOf(id, entry, entity), warnings }
    },
  }
}

/** Gives out tokens; see `createLogins`. */
export type Logins = ReturnType<typeof createLogins>

/** `userpass-jo`: the mount's path without `auth/`, then the name. */
function displayNameOf(mount: MountEntry, name: string): string {
  const source = mount.path.replace(/^auth\//, '').replaceAll('/', '-')
  return `${source}${name}`.replace(/-$/, '')
}
