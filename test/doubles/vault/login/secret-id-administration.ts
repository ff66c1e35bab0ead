import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { newUuid } from '../../../../src/dev/vault/identifiers.ts'
import {
  type AppRole,
  type AppRoleMount,
  createAppRoles,
  type SecretId,
} from '../../../../src/dev/vault/login/approle-mount.ts'
import { findSecretId, isExpired, removeSecretIds } from '../../../../src/dev/vault/login/secret-ids.ts'
import { dataReply, empty, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { isoTime } from '../../../../src/dev/vault/token/token-answer.ts'
import { networksOfSecretId } from './network-binding.ts'
import { makeSecretId, secretIdFields } from './secret-id-wishes.ts'

/** What administrators do with an AppRole once it is there: choose its ids, look up its secret ids, destroy them. */
export const secretIdAdministration: Plugin = (core) => {
  const { changed, now } = core
  const roles = createAppRoles(core)
  const living = (request: VaultRequest) => secretIdsOf(roles.mountOf(request), roles.of(request), now())
  const find = (request: VaultRequest, secretId: string) =>
    findSecretId(roles.mountOf(request), roles.of(request), secretId, now())
  return {
    routes: {
      approle: [
        {
          pattern: 'role/{role_name}/role-id',
          update: withFields({ role_id: 'text' }, ({ role_id: roleId = '' }, request) => {
            if (roleId === '') throw invalidRequest('missing role_id')
            roles.of(request).roleId = roleId
            changed()
            return empty
          }),
        },
        {
          pattern: 'role/{role_name}/secret-id',
          update: withFields(secretIdFields, (fields, request) => makeSecretId(core, request, fields, newUuid())),
          list: withFields(pageFields, (page, request) =>
            listReply(
              living(request).map(({ accessor }) => accessor),
              page,
            ),
          ),
        },
        {
          pattern: 'role/{role_name}/custom-secret-id',
          update: withFields(secretIdFields, (fields, request) =>
            makeSecretId(core, request, fields, fields.secret_id ?? ''),
          ),
        },
        {
          pattern: 'role/{role_name}/secret-id/lookup',
          update: withFields({ secret_id: 'text' }, ({ secret_id: secretId = '' }, request) => {
            const entry = find(request, secretId)
            return entry === undefined ? empty : dataReply(describeSecretId(entry))
          }),
        },
        {
          pattern: 'role/{role_name}/secret-id/destroy',
          update: withFields({ secret_id: 'text' }, ({ secret_id: secretId = '' }, request) => {
            const entry = find(request, secretId)
            removeSecretIds(roles.mountOf(request), (other) => other === entry)
            changed()
            return empty
          }),
        },
        {
          pattern: 'role/{role_name}/secret-id-accessor/lookup',
          update: withFields({ secret_id_accessor: 'text' }, ({ secret_id_accessor: accessor }, request) => {
            const entry = living(request).find((candidate) => candidate.accessor === accessor)
            if (entry === undefined) throw nothingThere()
            return dataReply(describeSecretId(entry))
          }),
        },
        {
          pattern: 'role/{role_name}/secret-id-accessor/destroy',
          update: withFields({ secret_id_accessor: 'text' }, ({ secret_id_accessor: accessor }, request) => {
            const { name } = roles.of(request)
            removeSecretIds(roles.mountOf(request), (entry) => entry.role === name && entry.accessor === accessor)
            changed()
            return empty
          }),
        },
      ],
    },
  }
}

/** The secret ids of a role that are alive. */
function secretIdsOf(mount: AppRoleMount, role: AppRole, nowMs: number): readonly SecretId[] {
  return Object.values(mount.secretIds).filter((entry) => entry.role === role.name && !isExpired(entry, nowMs))
}

/** What a lookup shows. */
function describeSecretId(entry: SecretId): Readonly<Record<string, unknown>> {
  const { cidrs, tokenBoundCidrs } = networksOfSecretId(entry)
  return {
    cidr_list: cidrs,
    creation_time: isoTime(entry.createdAtMs),
    expiration_time: entry.expiresAtMs === null ? '0001-01-01T00:00:00Z' : isoTime(entry.expiresAtMs),
    last_updated_time: isoTime(entry.updatedAtMs),
    metadata: entry.metadata,
    secret_id_accessor: entry.accessor,
    secret_id_num_uses: entry.usesLeft,
    secret_id_ttl: entry.ttlSeconds,
    token_bound_cidrs: tokenBoundCidrs,
  }
}

/** A 404 without a text: what was asked for is not there. */
function nothingThere(): DevVaultError {
  return new DevVaultError('NOT_FOUND', '')
}
