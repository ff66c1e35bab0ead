import { DevVaultError, invalidRequest, nothingThere } from '../errors.ts'
import type { Fields } from '../fields.ts'
import { newUuid } from '../identifiers.ts'
import { dataReply, empty, listReply } from '../reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from '../routes.ts'
import type { AppRole, AppRoleMount, DevVaultState } from '../state.ts'
import { entryOf, table } from '../tables.ts'
import {
  checkCidrs,
  defaultTokenTerms,
  describeTokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../token/token-terms.ts'
import { checkAppRoleLogin } from './approle-login.ts'
import type { Lockouts } from './lockouts.ts'
import type { Logins } from './logins.ts'
import { addSecretId, describeSecretId, findSecretId, removeSecretIds, secretIdsOf } from './secret-ids.ts'

const roleFields = {
  ...tokenTermFields,
  role_id: 'text',
  bind_secret_id: 'boolean',
  secret_id_bound_cidrs: 'list',
  secret_id_num_uses: 'integer',
  secret_id_ttl: 'seconds',
} as const

const secretIdFields = {
  secret_id: 'text',
  num_uses: 'integer',
  ttl: 'seconds',
  metadata: 'text',
  cidr_list: 'list',
  token_bound_cidrs: 'list',
} as const

/** Login by role id and secret id. */
export function createAppRoleRoutes(deps: {
  state: Pick<DevVaultState, 'approle'>
  changed: () => void
  logins: Logins
  lockouts: Lockouts
  now: () => number
}): readonly Route[] {
  const { state, changed, logins, lockouts, now } = deps
  const mountOf = ({ mount }: VaultRequest): AppRoleMount =>
    entryOf(state.approle, mount.uuid, () => ({ roles: table(), secretIds: table() }))
  const nameOf = ({ params }: VaultRequest) => params.role_name!.toLowerCase()
  const findRole = (request: VaultRequest) => mountOf(request).roles[nameOf(request)]
  const roleOf = (request: VaultRequest): AppRole => {
    const role = findRole(request)
    if (role === undefined) throw new DevVaultError('UNSUPPORTED_PATH', `role "${nameOf(request)}" does not exist`)
    return role
  }

  const login = (request: VaultRequest, fields: { role_id?: string; secret_id?: string }) => {
    const roleId = fields.role_id?.trim() ?? ''
    // A 500, and not the caller's 400: so it is.
    if (roleId === '') throw new DevVaultError('INTERNAL', 'missing role_id')
    return lockouts.guard(request.mount.accessor, roleId, async () => {
      const { remoteAddress, mount, path } = request
      const found = checkAppRoleLogin(mountOf(request), { roleId, secretId: fields.secret_id, remoteAddress }, now())
      changed()
      const { role, secretId } = found
      return logins.issue({
        mount,
        path,
        aliasName: role.roleId,
        displayName: '',
        metadata: { ...secretId?.metadata, role_name: role.name },
        terms: role.terms,
        ...(secretId === undefined || secretId.tokenBoundCidrs.length === 0
          ? {}
          : { boundCidrs: secretId.tokenBoundCidrs }),
        name: role.name,
      })
    })
  }

  const makeSecretId = (request: VaultRequest, fields: Fields<typeof secretIdFields>, chosen: string | undefined) => {
    const { cidr_list: cidrs, token_bound_cidrs: tokenBoundCidrs, num_uses: numUses, ttl, metadata } = fields
    checkCidrs([...(cidrs ?? []), ...(tokenBoundCidrs ?? [])])
    const wishes = { secretId: chosen, numUses, ttlSeconds: ttl, metadata, cidrs, tokenBoundCidrs }
    const { secretId, entry } = addSecretId(mountOf(request), roleOf(request), wishes, now())
    changed()
    const data = {
      secret_id: secretId,
      secret_id_accessor: entry.accessor,
      secret_id_num_uses: entry.usesLeft,
      secret_id_ttl: entry.ttlSeconds,
    }
    return { type: 'data', data, accessor: entry.accessor } as const
  }

  return [
    {
      pattern: 'login',
      isUnauthenticated: true,
      update: withFields({ role_id: 'text', secret_id: 'text' }, (fields, request) => login(request, fields)),
    },
    {
      pattern: 'role',
      list: withFields(pageFields, (page, request) => listReply(Object.keys(mountOf(request).roles), page)),
    },
    {
      pattern: 'role/{role_name}',
      exists: (request) => findRole(request) !== undefined,
      read(request) {
        const role = findRole(request)
        return role === undefined ? empty : dataReply(describeRole(role))
      },
      update: withFields(roleFields, (fields, request) => {
        mountOf(request).roles[nameOf(request)] = updateRole(nameOf(request), findRole(request), fields)
        changed()
        return empty
      }),
      delete(request) {
        const name = nameOf(request)
        removeSecretIds(mountOf(request), ({ role }) => role === name)
        delete mountOf(request).roles[name]
        changed()
        return empty
      },
    },
    {
      pattern: 'role/{role_name}/role-id',
      read(request) {
        const role = findRole(request)
        return role === undefined ? empty : dataReply({ role_id: role.roleId })
      },
      update: withFields({ role_id: 'text' }, ({ role_id: roleId = '' }, request) => {
        if (roleId === '') throw invalidRequest('missing role_id')
        roleOf(request).roleId = roleId
        changed()
        return empty
      }),
    },
    {
      pattern: 'role/{role_name}/secret-id',
      list: withFields(pageFields, (page, request) => {
        const entries = secretIdsOf(mountOf(request), roleOf(request), now())
        return listReply(
          entries.map(({ accessor }) => accessor),
          page,
        )
      }),
      update: withFields(secretIdFields, (fields, request) => makeSecretId(request, fields, undefined)),
    },
    {
      pattern: 'role/{role_name}/custom-secret-id',
      update: withFields(secretIdFields, (fields, request) => makeSecretId(request, fields, fields.secret_id ?? '')),
    },
    {
      pattern: 'role/{role_name}/secret-id/lookup',
      update: withFields({ secret_id: 'text' }, ({ secret_id: secretId = '' }, request) => {
        const entry = findSecretId(mountOf(request), roleOf(request), secretId, now())
        return entry === undefined ? empty : dataReply(describeSecretId(entry))
      }),
    },
    {
      pattern: 'role/{role_name}/secret-id/destroy',
      update: withFields({ secret_id: 'text' }, ({ secret_id: secretId = '' }, request) => {
        const entry = findSecretId(mountOf(request), roleOf(request), secretId, now())
        removeSecretIds(mountOf(request), (other) => other === entry)
        changed()
        return empty
      }),
    },
    {
      pattern: 'role/{role_name}/secret-id-accessor/lookup',
      update: withFields({ secret_id_accessor: 'text' }, ({ secret_id_accessor: accessor }, request) => {
        const entries = secretIdsOf(mountOf(request), roleOf(request), now())
        const entry = entries.find((candidate) => candidate.accessor === accessor)
        if (entry === undefined) throw nothingThere()
        return dataReply(describeSecretId(entry))
      }),
    },
    {
      pattern: 'role/{role_name}/secret-id-accessor/destroy',
      update: withFields({ secret_id_accessor: 'text' }, ({ secret_id_accessor: accessor }, request) => {
        const { name } = roleOf(request)
        removeSecretIds(mountOf(request), (entry) => entry.role === name && entry.accessor === accessor)
        changed()
        return empty
      }),
    },
  ]
}

function updateRole(name: string, old: AppRole | undefined, fields: Fields<typeof roleFields>): AppRole {
  const role: AppRole = {
    name,
    roleId: fields.role_id ?? old?.roleId ?? newUuid(),
    bindSecretId: fields.bind_secret_id ?? old?.bindSecretId ?? true,
    secretIdBoundCidrs: fields.secret_id_bound_cidrs ?? old?.secretIdBoundCidrs ?? [],
    secretIdNumUses: fields.secret_id_num_uses ?? old?.secretIdNumUses ?? 0,
    secretIdTtlSeconds: fields.secret_id_ttl ?? old?.secretIdTtlSeconds ?? 0,
    terms: updateTokenTerms(old?.terms ?? defaultTokenTerms, fields),
  }
  checkCidrs(role.secretIdBoundCidrs)
  if (role.roleId === '') throw invalidRequest('invalid role_id supplied, or failed to generate a role_id')
  if (role.secretIdNumUses < 0) throw invalidRequest('secret_id_num_uses cannot be negative')
  if (!role.bindSecretId && role.secretIdBoundCidrs.length === 0) {
    throw new DevVaultError('INTERNAL', 'at least one constraint should be enabled on the role')
  }
  return role
}

function describeRole(role: AppRole): Readonly<Record<string, unknown>> {
  return {
    bind_secret_id: role.bindSecretId,
    local_secret_ids: false,
    secret_id_bound_cidrs: role.secretIdBoundCidrs,
    secret_id_num_uses: role.secretIdNumUses,
    secret_id_ttl: role.secretIdTtlSeconds,
    ...describeTokenTerms(role.terms),
  }
}
