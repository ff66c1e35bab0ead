import type { Backend, VaultCore } from '../backend.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import { newUuid } from '../identifiers.ts'
import { dataReply, empty, listReply, type Reply } from '../reply.ts'
import { pageFields, withFields } from '../routes.ts'
import { defaultTokenTerms, tokenTermFields, updateTokenTerms } from '../token/token-terms.ts'
import {
  type AppRole,
  type AppRoleMount,
  type AppRoleSettings,
  appRoleMounts,
  createAppRoles,
  type SecretId,
} from './approle-mount.ts'
import { addSecretId, findSecretId, removeSecretIds, spendSecretId } from './secret-ids.ts'

const roleFields = {
  ...tokenTermFields,
  role_id: 'text',
  bind_secret_id: 'boolean',
  secret_id_bound_cidrs: 'notBuilt',
  secret_id_num_uses: 'integer',
  secret_id_ttl: 'seconds',
} as const

/** A secret id follows its role. */
const secretIdFields = {
  num_uses: 'notBuilt',
  ttl: 'notBuilt',
  metadata: 'notBuilt',
  cidr_list: 'notBuilt',
  token_bound_cidrs: 'notBuilt',
} as const

/** Login by role id and secret id. */
export function createAppRoleBackend(core: VaultCore): Backend {
  const { changed, logins, now } = core
  const mounts = appRoleMounts(core)
  const roles = createAppRoles(core)

  const login = withFields({ role_id: 'text', secret_id: 'text' }, (fields, request) => {
    const roleId = fields.role_id?.trim() ?? ''
    // A 500 rather than a 400, as Vault has it.
    if (roleId === '') throw new DevVaultError('INTERNAL', 'missing role_id')
    const kept = roles.mountOf(request)
    const role = Object.values(kept.roles).find((candidate) => candidate.roleId === roleId)
    if (role === undefined) throw invalidRequest('invalid role or secret ID')
    const secretId = role.settings.bind_secret_id ? takeSecretId(kept, role, fields.secret_id, now()) : undefined
    changed()
    return logins.issue({
      request,
      aliasName: role.roleId,
      displayName: '',
      metadata: { ...secretId?.metadata, role_name: role.name },
      terms: role.settings,
      name: role.name,
    })
  })

  return {
    type: 'approle',
    kind: 'login',
    forget: ({ uuid }) => void delete mounts[uuid],
    renewalTerms({ uuid }, name) {
      const role = mounts[uuid]?.roles[name]
      if (role === undefined) throw new DevVaultError('INTERNAL', `role "${name}" does not exist during renewal`)
      return role.settings
    },
    routes: [
      { pattern: 'login', isUnauthenticated: true, update: login },
      {
        pattern: 'role',
        list: withFields(pageFields, (page, request) => listReply(Object.keys(roles.mountOf(request).roles), page)),
      },
      {
        pattern: 'role/{role_name}',
        exists: (request) => roles.find(request) !== undefined,
        read(request) {
          const role = roles.find(request)
          return role === undefined ? empty : dataReply({ local_secret_ids: false, ...role.settings })
        },
        update: withFields(roleFields, (fields, request) => {
          const name = roles.nameOf(request)
          roles.mountOf(request).roles[name] = updateRole(name, roles.find(request), fields)
          changed()
          return empty
        }),
        delete(request) {
          const name = roles.nameOf(request)
          removeSecretIds(roles.mountOf(request), ({ role }) => role === name)
          delete roles.mountOf(request).roles[name]
          changed()
          return empty
        },
      },
      {
        pattern: 'role/{role_name}/role-id',
        read(request) {
          const role = roles.find(request)
          return role === undefined ? empty : dataReply({ role_id: role.roleId })
        },
      },
      {
        pattern: 'role/{role_name}/secret-id',
        update: withFields(secretIdFields, (_fields, request) => {
          const secretId = newUuid()
          const entry = addSecretId(roles.mountOf(request), roles.of(request), secretId, now())
          changed()
          return secretIdReply(secretId, entry)
        }),
      },
    ],
  }
}

/** Spends one use of a secret id. @throws {DevVaultError} INVALID_REQUEST; INVALID_CREDENTIALS for a wrong one */
function takeSecretId(mount: AppRoleMount, role: AppRole, shown: string | undefined, nowMs: number): SecretId {
  const given = shown?.trim() ?? ''
  if (given === '') throw invalidRequest('missing secret_id')
  const entry = findSecretId(mount, role, given, nowMs)
  if (entry === undefined) throw new DevVaultError('INVALID_CREDENTIALS', 'invalid role or secret ID')
  spendSecretId(mount, entry, nowMs)
  return entry
}

/** The answer to making a secret id. */
export function secretIdReply(secretId: string, entry: SecretId): Reply {
  return dataReply({
    secret_id: secretId,
    secret_id_accessor: entry.accessor,
    secret_id_num_uses: entry.usesLeft,
    secret_id_ttl: entry.ttlSeconds,
  })
}

const defaults: AppRoleSettings = {
  bind_secret_id: true,
  secret_id_bound_cidrs: [],
  secret_id_num_uses: 0,
  secret_id_ttl: 0,
  ...defaultTokenTerms,
}

function updateRole(name: string, old: AppRole | undefined, fields: Fields<typeof roleFields>): AppRole {
  const { role_id: roleId = old?.roleId ?? newUuid(), secret_id_bound_cidrs: _notBuilt, ...given } = fields
  const settings = updateTokenTerms(old?.settings ?? defaults, given)
  if (roleId === '') throw invalidRequest('invalid role_id supplied, or failed to generate a role_id')
  if (settings.secret_id_num_uses < 0) throw invalidRequest('secret_id_num_uses cannot be negative')
  if (!settings.bind_secret_id) {
    throw new DevVaultError('INTERNAL', 'at least one constraint should be enabled on the role')
  }
  return { name, roleId, settings }
}
