import { invalidRequest } from '../errors.ts'
import type { Identities } from '../identities.ts'
import type { Reply } from '../reply.ts'
import type { VaultRequest } from '../routes.ts'
import type { MountEntry } from '../state.ts'
import { authAnswerOf } from '../token/token-answer.ts'
import { sanitizePolicies, type TokenTerms } from '../token/token-terms.ts'
import { calculateTtl, ttlOfMount, ttlOfTerms } from '../token/token-ttl.ts'
import type { TokenStore } from '../token/tokens.ts'

/** What a login method has found out about the caller. */
export interface LoginGrant {
  /** The login call, whose path the token remembers. */
  request: VaultRequest
  /** The name by which the method knows the caller; an entity is made for it. */
  aliasName: string
  /** Added to the mount's name; may be empty. */
  displayName: string
  metadata: Readonly<Record<string, string>>
  terms: TokenTerms
  /** The user or role, by which a renewal finds its terms. */
  name: string
}

/** Gives out tokens for logins that succeeded. */
export function createLogins(deps: {
  tokens: TokenStore
  identities: Identities
  now: () => number
  networksOf: (login: LoginGrant) => readonly string[]
}) {
  const { tokens, identities, now, networksOf } = deps
  return {
    /** @throws {DevVaultError} INVALID_REQUEST for a role that would give the root policy */
    issue(grant: LoginGrant): Reply {
      const { terms } = grant
      const { mount, path } = grant.request
      const boundCidrs = networksOf(grant)
      const policies = sanitizePolicies(terms.token_policies, !terms.token_no_default_policy)
      if (policies.includes('root')) throw invalidRequest('auth methods cannot create root tokens')
      const { ttlSeconds, warnings } = calculateTtl(
        { ...ttlOfTerms(terms), ...ttlOfMount(mount), issuedAtMs: now() },
        now(),
      )
      const entityId = identities.ofLogin(mount.accessor, grant.aliasName, grant.metadata)
      const isBatch = terms.token_type === 'batch'
      const { id, entry } = tokens.create({
        type: isBatch ? 'batch' : 'service',
        parent: null,
        path,
        policies,
        meta: grant.metadata,
        displayName: displayNameOf(mount, grant.displayName),
        usesLeft: terms.token_num_uses,
        issuedAtMs: now(),
        creationTtlSeconds: ttlSeconds,
        explicitMaxTtlSeconds: terms.token_explicit_max_ttl,
        periodSeconds: terms.token_period,
        renewable: !isBatch,
        entityId,
        boundCidrs,
        login: { mountUuid: mount.uuid, name: grant.name },
      })
      return { type: 'auth', auth: authAnswerOf(id, entry, identities.policiesOf(entityId)), warnings }
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
