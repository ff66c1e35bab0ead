import { DevVaultError, invalidRequest } from '../errors.ts'
import { newUuid, tokenKey } from '../identifiers.ts'
import type { AppRole, AppRoleMount, SecretId } from './approle-mount.ts'

/** What a secret id is asked to be; what is absent comes from the role. */
export interface SecretIdWishes {
  secretId?: string | undefined
  numUses?: number | undefined
  ttlSeconds?: number | undefined
  metadata?: string | undefined
  cidrs?: readonly string[] | undefined
  tokenBoundCidrs?: readonly string[] | undefined
}

/**
 * Makes a secret id for a role, within what the role allows. Only its hash is kept.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function addSecretId(mount: AppRoleMount, role: AppRole, wishes: SecretIdWishes, nowMs: number) {
  if (!role.settings.bind_secret_id) throw invalidRequest('bind_secret_id is not set on the role')
  if (wishes.secretId === '') throw invalidRequest('missing secret_id')
  removeSecretIds(mount, (entry) => isExpired(entry, nowMs))
  const secretId = wishes.secretId ?? newUuid()
  const entry: SecretId = {
    accessor: newUuid(),
    role: role.name,
    usesLeft: withinLimit(
      wishes.numUses,
      role.settings.secret_id_num_uses,
      "num_uses cannot be higher than the role's secret_id_num_uses",
    ),
    ttlSeconds: withinLimit(
      wishes.ttlSeconds,
      role.settings.secret_id_ttl,
      "ttl cannot be longer than the role's secret_id_ttl",
    ),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: null,
    metadata: parseMetadata(wishes.metadata ?? ''),
    cidrs: wishes.cidrs ?? [],
    tokenBoundCidrs: wishes.tokenBoundCidrs ?? [],
  }
  if (entry.ttlSeconds > 0) entry.expiresAtMs = nowMs + entry.ttlSeconds * 1000
  const key = keyOf(role, secretId)
  if (mount.secretIds[key] !== undefined)
    throw new DevVaultError('INTERNAL', 'failed to store secret_id: SecretID is already registered')
  mount.secretIds[key] = entry
  return { secretId, entry }
}

/** A wish beyond the role's limit is refused, not cut; 0 asks for no limit. */
function withinLimit(wish: number | undefined, limit: number, refusal: string): number {
  if (wish === undefined) return limit
  if (wish < 0) throw invalidRequest('num_uses cannot be negative')
  if (limit > 0 && (wish === 0 || wish > limit)) throw invalidRequest(refusal)
  return wish
}

/** `{"a": "b"}` or `a=b,c=d`. */
function parseMetadata(text: string): Readonly<Record<string, string>> {
  if (text.trim() === '') return {}
  try {
    const parsed: object = JSON.parse(text)
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]))
  } catch {
    const pairs = text.split(',').map((pair) => pair.split('='))
    if (pairs.some((pair) => pair.length !== 2)) throw invalidRequest('failed to parse metadata')
    return Object.fromEntries(pairs.map(([key, value]) => [key!.trim(), value!.trim()]))
  }
}

const keyOf = (role: AppRole, secretId: string) => tokenKey(`${role.name}/${secretId}`)

/** The secret id of this role, if it lives. */
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

/** Removes the secret ids that are meant. */
export function removeSecretIds(mount: AppRoleMount, isMeant: (entry: SecretId) => boolean): void {
  for (const [key, entry] of Object.entries(mount.secretIds)) if (isMeant(entry)) delete mount.secretIds[key]
}

/** Whether its time is over. */
export const isExpired = ({ expiresAtMs }: SecretId, nowMs: number) => expiresAtMs !== null && expiresAtMs <= nowMs
