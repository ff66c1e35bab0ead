import { DevVaultError } from './errors.ts'
import { createIdentityStore } from './identity/identity.ts'
import { createIdentityRoutes } from './identity/identity-routes.ts'
import { createAppRoleRoutes } from './login/approle.ts'
import { createLockouts } from './login/lockouts.ts'
import { createLogins } from './login/logins.ts'
import { createUserpassRoutes } from './login/userpass.ts'
import { createCapabilityRoutes } from './policy/capability-routes.ts'
import { createPolicyStore } from './policy/policies.ts'
import { createPolicyRoutes } from './policy/policy-routes.ts'
import { empty } from './reply.ts'
import type { Route } from './routes.ts'
import { createSshIssuerRoutes } from './ssh/ssh-issuers.ts'
import { createSshRoleRoutes } from './ssh/ssh-roles.ts'
import { createSshSignRoutes } from './ssh/ssh-sign.ts'
import type { DevVaultState, MountEntry, MountType, TokenEntry } from './state.ts'
import { createMountRoutes } from './system/mount-routes.ts'
import { createMountTable, type MountTable } from './system/mounts.ts'
import type { Seal } from './system/seal.ts'
import { createWrapping, type Wrapping } from './system/wrapping.ts'
import { type Callers, createCallers } from './token/callers.ts'
import { createTokenRoutes, type RenewalTerms } from './token/token-routes.ts'
import { sanitizePolicies } from './token/token-terms.ts'
import { ttlOfMount } from './token/token-ttl.ts'
import { createTokenStore, type TokenStore } from './token/tokens.ts'

/** The parts that a call goes through. */
export interface Backends {
  mounts: MountTable
  callers: Callers
  tokens: TokenStore
  wrapping: Wrapping
  /** What each type of mount answers. */
  routes: Readonly<Record<MountType, readonly Route[]>>
}

/** Puts the parts of the server together. */
export function createBackends(deps: {
  state: DevVaultState
  changed: () => void
  seal: Seal
  now: () => number
}): Backends {
  const { state, changed, seal } = deps
  const tokens = createTokenStore(deps)
  const identity = createIdentityStore(deps)
  const policies = createPolicyStore(deps)
  const mounts = createMountTable(deps)
  const callers = createCallers({ tokens, identity, policies })
  const logins = createLogins({ ...deps, tokens, identity })
  const lockouts = createLockouts(deps)
  const wrapping = createWrapping({ ...deps, tokens, callers })

  const forget = (mount: MountEntry) => {
    for (const slice of [state.ssh, state.userpass, state.approle]) delete slice[mount.uuid]
    tokens.revokeByMount(mount.uuid)
    identity.removeAliasesOf(mount.accessor)
    changed()
  }
  const sealRoute: Route = {
    pattern: 'seal',
    needsSudo: true,
    update() {
      seal.seal()
      return empty
    },
  }

  return {
    mounts,
    callers,
    tokens,
    wrapping,
    routes: {
      ssh: [...createSshIssuerRoutes(deps), ...createSshRoleRoutes(deps), ...createSshSignRoutes(deps)],
      userpass: createUserpassRoutes({ ...deps, logins, lockouts }),
      approle: createAppRoleRoutes({ ...deps, logins, lockouts }),
      token: createTokenRoutes({
        ...deps,
        tokens,
        policies,
        identity,
        renewalTermsOf: (entry) => renewalTermsOf(state, entry),
      }),
      identity: createIdentityRoutes({ identity, mounts }),
      // A real server has it at all times; nobody here keeps anything in it.
      cubbyhole: [],
      system: [
        sealRoute,
        ...wrapping.routes,
        ...createMountRoutes({ mounts, callers, forget }),
        ...createPolicyRoutes({ policies }),
        ...createCapabilityRoutes({ tokens, aclOf: callers.aclOf }),
      ],
    },
  }
}

/**
 * What a renewal goes by: the terms of the user or role as they are now, else those of the token itself.
 * @throws {DevVaultError} INTERNAL
 */
function renewalTermsOf(state: DevVaultState, entry: TokenEntry): RenewalTerms | undefined {
  const { login } = entry
  const { leaseTtlSeconds: ttlSeconds, periodSeconds, explicitMaxTtlSeconds } = entry
  const ownTerms = { ttlSeconds, periodSeconds, explicitMaxTtlSeconds }
  const terms = login === null ? ownTerms : loginTermsOf(state, entry, login)
  const mount = Object.values(state.mounts).find(({ uuid, path }) =>
    login === null ? path === 'auth/token/' : uuid === login.mountUuid,
  )
  return terms === undefined || mount === undefined ? undefined : { ...terms, ...ttlOfMount(mount) }
}

function loginTermsOf(
  state: DevVaultState,
  entry: TokenEntry,
  { mountUuid, name }: { mountUuid: string; name: string },
): RenewalTerms | undefined {
  const user = state.userpass[mountUuid]?.[name]
  const role = state.approle[mountUuid]?.roles[name]
  if (state.approle[mountUuid] !== undefined && role === undefined) {
    throw new DevVaultError('INTERNAL', `role "${name}" does not exist during renewal`)
  }
  const terms = user?.terms ?? role?.terms
  if (terms === undefined) return undefined
  const policies = sanitizePolicies(terms.policies, !terms.noDefaultPolicy)
  if (user !== undefined && policies.join() !== entry.policies.join()) {
    throw new DevVaultError('INTERNAL', 'policies have changed, not renewing')
  }
  return { ...terms, explicitMaxTtlSeconds: entry.explicitMaxTtlSeconds }
}
