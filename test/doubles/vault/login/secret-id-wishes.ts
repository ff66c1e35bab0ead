import type { VaultCore } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { Fields } from '../../../../src/dev/vault/fields.ts'
import { secretIdReply } from '../../../../src/dev/vault/login/approle.ts'
import { createAppRoles } from '../../../../src/dev/vault/login/approle-mount.ts'
import { addSecretId } from '../../../../src/dev/vault/login/secret-ids.ts'
import type { Reply } from '../../../../src/dev/vault/reply.ts'
import type { VaultRequest } from '../../../../src/dev/vault/routes.ts'
import type { BoundSecretId } from './network-binding.ts'
import { checkCidrs } from './networks.ts'

/** What a secret id may be asked to be; what is absent comes from the role. */
export const secretIdFields = {
  secret_id: 'text',
  num_uses: 'integer',
  ttl: 'seconds',
  metadata: 'text',
  cidr_list: 'list',
  token_bound_cidrs: 'list',
} as const

/**
 * Makes a secret id for the role that a call is about, as it is asked to be.
 * @throws {DevVaultError} INVALID_REQUEST for what the role does not allow
 */
export function makeSecretId(
  core: VaultCore,
  request: VaultRequest,
  fields: Fields<typeof secretIdFields>,
  secretId: string,
): Reply {
  const roles = createAppRoles(core)
  const {
    cidr_list: cidrs = [],
    token_bound_cidrs: tokenBoundCidrs = [],
    num_uses: numUses,
    ttl,
    metadata = '',
  } = fields
  checkCidrs([...cidrs, ...tokenBoundCidrs])
  const role = roles.of(request)
  const { secret_id_num_uses: maxUses, secret_id_ttl: maxTtl } = role.settings
  const wishes: Partial<BoundSecretId> = {
    usesLeft: withinLimit(numUses, maxUses, "num_uses cannot be higher than the role's secret_id_num_uses"),
    ttlSeconds: withinLimit(ttl, maxTtl, "ttl cannot be longer than the role's secret_id_ttl"),
    metadata: parseMetadata(metadata),
    cidrs,
    tokenBoundCidrs,
  }
  const entry = addSecretId(roles.mountOf(request), role, secretId, core.now(), wishes)
  core.changed()
  return secretIdReply(secretId, entry)
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
