import { invalidRequest } from './errors.ts'
import type { Fields } from './fields.ts'
import { dataReply, empty, listReply } from './reply.ts'
import { pageFields, type Route, withFields } from './routes.ts'
import type { DevVaultState, TokenRole } from './state.ts'
import { checkCidrs, sanitizePolicies } from './token-terms.ts'

const roleFields = {
  allowed_policies: 'list',
  disallowed_policies: 'list',
  allowed_policies_glob: 'list',
  disallowed_policies_glob: 'list',
  orphan: 'boolean',
  renewable: 'boolean',
  path_suffix: 'text',
  token_type: 'text',
  token_bound_cidrs: 'list',
  token_explicit_max_ttl: 'seconds',
  token_no_default_policy: 'boolean',
  token_num_uses: 'integer',
  token_period: 'seconds',
  bound_cidrs: 'list',
  explicit_max_ttl: 'seconds',
  period: 'seconds',
} as const

/** `auth/token/roles`: what tokens that are made against a role may be. */
export function createTokenRoleRoutes(deps: {
  state: Pick<DevVaultState, 'tokenRoles'>
  changed: () => void
}): readonly Route[] {
  const { state, changed } = deps
  return [
    {
      pattern: 'roles',
      list: withFields(pageFields, (page) => listReply(Object.keys(state.tokenRoles), page)),
    },
    {
      pattern: 'roles/{role_name}',
      exists: ({ params }) => state.tokenRoles[params.role_name!] !== undefined,
      read({ params }) {
        const role = state.tokenRoles[params.role_name!]
        return role === undefined ? empty : dataReply(describeRole(params.role_name!, role))
      },
      update: withFields(roleFields, (fields, { params }) => {
        state.tokenRoles[params.role_name!] = updateRole(state.tokenRoles[params.role_name!], fields)
        changed()
        return empty
      }),
      delete({ params }) {
        delete state.tokenRoles[params.role_name!]
        changed()
        return empty
      },
    },
  ]
}

function updateRole(old: TokenRole | undefined, fields: Fields<typeof roleFields>): TokenRole {
  const names = (given: readonly string[] | undefined, before: readonly string[] | undefined) =>
    given === undefined ? (before ?? []) : sanitizePolicies(given, false)
  const role: TokenRole = {
    allowedPolicies: names(fields.allowed_policies, old?.allowedPolicies),
    disallowedPolicies: names(fields.disallowed_policies, old?.disallowedPolicies),
    allowedPoliciesGlob: names(fields.allowed_policies_glob, old?.allowedPoliciesGlob),
    disallowedPoliciesGlob: names(fields.disallowed_policies_glob, old?.disallowedPoliciesGlob),
    orphan: fields.orphan ?? old?.orphan ?? false,
    renewable: fields.renewable ?? old?.renewable ?? true,
    pathSuffix: fields.path_suffix ?? old?.pathSuffix ?? '',
    tokenType: fields.token_type === undefined ? (old?.tokenType ?? 'default-service') : toTokenType(fields.token_type),
    boundCidrs: fields.token_bound_cidrs ?? fields.bound_cidrs ?? old?.boundCidrs ?? [],
    explicitMaxTtlSeconds: fields.token_explicit_max_ttl ?? fields.explicit_max_ttl ?? old?.explicitMaxTtlSeconds ?? 0,
    noDefaultPolicy: fields.token_no_default_policy ?? old?.noDefaultPolicy ?? false,
    numUses: fields.token_num_uses ?? old?.numUses ?? 0,
    periodSeconds: fields.token_period ?? fields.period ?? old?.periodSeconds ?? 0,
  }
  checkCidrs(role.boundCidrs)
  if (role.pathSuffix.includes('..')) {
    throw invalidRequest('error registering path suffix: path cannot contain parent references')
  }
  if (role.tokenType === 'batch') checkBatchRole(role)
  return role
}

function toTokenType(text: string): TokenRole['tokenType'] {
  switch (text) {
    case 'service':
    case 'batch':
    case 'default-service':
    case 'default-batch':
      return text
  }
  throw invalidRequest(`invalid 'token_type' value "${text}"`)
}

function checkBatchRole(role: TokenRole): void {
  const refuse = (what: string) => invalidRequest(`'token_type' cannot be 'batch' when role is set to generate ${what}`)
  if (!role.orphan) throw refuse('non-orphan tokens')
  if (role.periodSeconds > 0) throw refuse('periodic tokens')
  if (role.renewable) throw refuse('renewable tokens')
  if (role.explicitMaxTtlSeconds > 0) throw refuse('tokens with an explicit max TTL')
}

function describeRole(name: string, role: TokenRole): Readonly<Record<string, unknown>> {
  return {
    allowed_entity_aliases: null,
    allowed_policies: role.allowedPolicies,
    allowed_policies_glob: role.allowedPoliciesGlob,
    disallowed_policies: role.disallowedPolicies,
    disallowed_policies_glob: role.disallowedPoliciesGlob,
    explicit_max_ttl: 0,
    name,
    orphan: role.orphan,
    path_suffix: role.pathSuffix,
    period: 0,
    renewable: role.renewable,
    ...(role.boundCidrs.length === 0 ? {} : { token_bound_cidrs: role.boundCidrs }),
    token_explicit_max_ttl: role.explicitMaxTtlSeconds,
    token_no_default_policy: role.noDefaultPolicy,
    ...(role.numUses === 0 ? {} : { token_num_uses: role.numUses }),
    token_period: role.periodSeconds,
    token_type: role.tokenType,
  }
}
