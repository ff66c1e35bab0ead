import { DevVaultError, invalidRequest } from '../errors.ts'
import { newUuid, tokenKey } from '../identifiers.ts'
import type { AppRole, AppRoleMount, SecretId } from './approle-mount.ts'

/** In what a secret id may differ from its role. */
export type SecretIdWishes = Partial<Pick<SecretId, 'usesLeft' | 'ttlSeconds' | 'metadata'>>

/**
 * Makes a secret id for a role. Only its hash is kept.
 * @param wishes within what the role allows
 * @throws {DevVaultError} INVALID_REQUEST; INTERNAL where it exists already
 */
export function addSecretId(
  mount: AppRoleMount,
  role: AppRole,
  secretId: string,
  nowMs: number,
  wishes: SecretIdWishes = {},
): SecretId {
  if (!role.settings.bind_secret_id) throw invalidRequest('bind_secret_id is not set on the role')
  if (secretId === '') throw invalidRequest('missing secret_id')
  removeSecretIds(mount, (entry) => isExpired(entry, nowMs))
  const entry: SecretId = {
    accessor: newUuid(),
    role: role.name,
    usesLeft: role.settings.secret_id_num_uses,
    ttlSeconds: role.settings.secret_id_ttl,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: null,
    metadata: {},
    ...wishes,
  }
  if (entry.ttlSeconds > 0) entry.expiresAtMs = nowMs + entry.ttlSeconds * 1000
  const key = keyOf(role, secretId)
  if (mount.secretIds[key] !== undefined)
    throw new DevVaultError('INTERNAL', 'failed to store secret_id: SecretID is already registered')
  mount.secretIds[key] = entry
  return entry
}

const keyOf = (role: AppRole, secretId: string) => tokenKey(`${role.name}/${secretId}`)

/** The secret id of this role, if it is alive. */
export function findSecretId(
  mount: AppRoleMount,
  role: AppRole,
  secretId: string,
  nowMs: number,
): SecretId | undefined {
  const entry = mount.secretIds[keyOf(role, secretId)]
  return entry === undefined || isExpired(entry, nowMs) ? undefined : entry
}

/** Counts one use; the last one removes it. */
export function spendSecretId(mount: AppRoleMount, entry: SecretId, nowMs: number): void {
  if (entry.usesLeft === 0) return
  entry.usesLeft -= 1
  entry.updatedAtMs = nowMs
  if (entry.usesLeft === 0) removeSecretIds(mount, (other) => other === entry)
}

/** Removes the secret ids that match. */
export function removeSecretIds(mount: AppRoleMount, matches: (entry: SecretId) => boolean): void {
  for (const [key, entry] of Object.entries(mount.secretIds)) if (matches(entry)) delete mount.secretIds[key]
}

/** Whether its time is over. */
export const isExpired = ({ expiresAtMs }: SecretId, nowMs: number) => expiresAtMs !== null && expiresAtMs <= nowMs
