import type { Addition, Backend, Plugin, VaultCore } from './backend.ts'
import { createNamelessIdentities } from './identities.ts'
import { createAppRoleBackend } from './login/approle.ts'
import { createLogins } from './login/logins.ts'
import { createUserpassBackend } from './login/userpass.ts'
import { createPolicyStore } from './policy/policies.ts'
import { createPolicyRoutes } from './policy/policy-routes.ts'
import type { Route } from './routes.ts'
import { createSshBackend } from './ssh/ssh-backend.ts'
import type { MountEntry, StateAccess, TokenEntry } from './state.ts'
import { createMountRoutes } from './system/mount-routes.ts'
import { createMountTable } from './system/mounts.ts'
import { createCallers } from './token/callers.ts'
import { createTokenCalls, type RenewalTerms } from './token/token-calls.ts'
import { createTokenBackend } from './token/token-routes.ts'
import { ttlOfMount, ttlOfTerms } from './token/token-ttl.ts'
import { createTokenStore } from './token/tokens.ts'

/** The parts that a call goes through. */
export interface Backends {
  core: VaultCore
  /** What a type of mount answers. */
  routesOf(type: string): readonly Route[]
}

/** Puts the server together: its own backends, and what the plug-ins add. */
export function createBackends(access: StateAccess, now: () => number, plugins: readonly Plugin[]): Backends {
  const additions: Addition[] = []
  const backends = new Map<string, Backend>()
  const core = createCore(access, now, additions, (type) => backends.get(type))
  const forget = (mount: MountEntry) => {
    backends.get(mount.type)?.forget?.(mount)
    core.tokens.revokeByMount(mount.uuid)
    for (const { unmounted } of additions) unmounted?.(mount)
    core.changed()
  }
  additions.push(...plugins.map((plugin) => plugin(core)))
  const own: readonly Backend[] = [
    createSshBackend(core),
    createUserpassBackend(core),
    createAppRoleBackend(core),
    createTokenBackend(core),
    {
      type: 'system',
      kind: 'fixed',
      routes: [...createMountRoutes(core.mounts, forget), ...createPolicyRoutes(core)],
    },
    // A real server has both at all times; what is in them is not built.
    { type: 'identity', kind: 'fixed', routes: [] },
    { type: 'cubbyhole', kind: 'fixed', routes: [] },
  ]
  for (const backend of [...own, ...additions.flatMap(({ backends: added = [] }) => added)]) {
    backends.set(backend.type, backend)
  }
  const routes = new Map([...backends].map(([type, backend]) => [type, composeRoutes(type, backend.routes, additions)]))
  return { core, routesOf: (type) => routes.get(type) ?? [] }
}

function createCore(
  access: StateAccess,
  now: () => number,
  additions: readonly Addition[],
  backendOf: (type: string) => Backend | undefined,
): VaultCore {
  const deps = { ...access, now }
  const added = <K extends keyof Addition>(name: K) =>
    additions.find((addition) => addition[name] !== undefined)?.[name]
  const nameless = createNamelessIdentities()
  const identities: VaultCore['identities'] = {
    ofLogin: (...login) => (added('identities') ?? nameless).ofLogin(...login),
    policiesOf: (entityId) => (added('identities') ?? nameless).policiesOf(entityId),
  }
  const tokens = createTokenStore(deps, () => added('batchTokens'))
  const policies = createPolicyStore(access, {
    renderPath: () => added('renderPath'),
    parsePolicy: () => added('parsePolicy'),
    patterns: () => added('patterns'),
  })
  const mounts = createMountTable(access, (type) => backendOf(type)?.kind)
  const callers = createCallers({
    tokens,
    identities,
    policies,
    admit(...call) {
      for (const { admit } of additions) admit?.(...call)
    },
  })
  const logins = createLogins({ tokens, identities, now, networksOf: (login) => added('networksOf')?.(login) ?? [] })
  /** The terms of the user or role as they are now, else those of the token itself. */
  const renewalTermsOf = (entry: TokenEntry): RenewalTerms | undefined => {
    const { login, leaseTtlSeconds: ttlSeconds, periodSeconds, explicitMaxTtlSeconds } = entry
    if (login === null) {
      return { ttlSeconds, periodSeconds, explicitMaxTtlSeconds, ...ttlOfMount(mounts.at('auth/token/')!) }
    }
    const mount = mounts.all().find(({ uuid }) => uuid === login.mountUuid)
    const terms = mount && backendOf(mount.type)?.renewalTerms?.(mount, login.name, entry)
    return terms && { ...ttlOfTerms(terms), explicitMaxTtlSeconds, ...ttlOfMount(mount) }
  }
  const tokenCalls = createTokenCalls({ tokens, identities, now, renewalTermsOf })
  return { ...deps, additions, identities, tokens, tokenCalls, policies, mounts, callers, logins }
}

/** Routes of plug-ins come first: their patterns may be more specific than one that takes all the rest. */
function composeRoutes(type: string, own: readonly Route[], additions: readonly Addition[]): readonly Route[] {
  const routes = new Map<string, Route>()
  const added = additions.flatMap(({ routes: byType }) => byType?.[type] ?? [])
  const ownPatterns = new Set(own.map(({ pattern }) => pattern))
  const isNew = ({ pattern }: Route) => !ownPatterns.has(pattern)
  for (const route of [...added.filter(isNew), ...own, ...added.filter((route) => !isNew(route))]) {
    routes.set(route.pattern, { ...routes.get(route.pattern), ...route })
  }
  return [...routes.values()].map((route) =>
    additions.reduce((sum, addition) => addition.decorate?.(type, sum) ?? sum, route),
  )
}
