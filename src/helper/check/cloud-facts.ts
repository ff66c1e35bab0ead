import type { RoleFacts, StoredKey, UserFacts, UserKey } from '../../aws/check/check-facts.ts'
import { CodedError } from '../../core/errors.ts'
import type { CheckedKey } from '../../ipc/endpoints/aws-check.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { withSession } from '../with-session.ts'
import { gatherRoleFacts } from './role-facts.ts'
import { type Unseen, unlessCancelled } from './unseen.ts'

/** What AWS said. */
export interface CloudFacts {
  users: readonly UserFacts[]
  roles: readonly RoleFacts[]
  unseen: readonly Unseen[]
}

/**
 * Asks AWS about the users behind the keys, one after the other, since each may cost a code, then about the roles. What it
 * does not say is told, and is no failure of the command.
 */
export async function gatherCloudFacts(
  stored: readonly StoredKey[],
  listed: readonly AwsProfileEntry[],
  context: CommandContext,
): Promise<CloudFacts> {
  const unseen: Unseen[] = []
  const users: UserFacts[] = []
  for (const { source } of stored) {
    try {
      const asked = await askUser(source, context)
      users.push(asked.user)
      unseen.push(...asked.unseen)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      const { message, hint } = unlessCancelled(error)
      unseen.push({ what: `the user of ${source}`, reason: message, hint })
    }
  }
  const { roles, unseen: unseenRoles } = await gatherRoleFacts(listed, context)
  return { users, roles, unseen: [...unseen, ...unseenRoles] }
}

async function askUser(source: string, context: CommandContext): Promise<{ user: UserFacts; unseen: Unseen[] }> {
  const { arn, maxKeyAgeSeconds, keys, devices } = await withSession(source, context, () =>
    context.daemon.call('checkUser', { params: { source } }),
  )
  const user: UserFacts = {
    source,
    arn,
    maxKeyAgeMs: maxKeyAgeSeconds * 1000,
    ...(keys.type === 'told' ? { keys: keys.value.map(userKey) } : {}),
    ...(devices.type === 'told' ? { devices: devices.value } : {}),
  }
  const unseen = Object.entries({ 'access keys': keys, 'MFA devices': devices }).flatMap(([what, told]) =>
    told.type === 'told'
      ? []
      : [{ what: `the ${what} of the user of ${source}`, reason: told.refusal.message, hint: told.refusal.hint }],
  )
  return { user, unseen }
}

function userKey({ accessKeyId, isActive, createdAt, use, lastUsedAt }: CheckedKey): UserKey {
  return {
    accessKeyId,
    isActive,
    createdAtMs: Date.parse(createdAt),
    use:
      use === 'used' && lastUsedAt !== undefined
        ? { type: use, atMs: Date.parse(lastUsedAt) }
        : { type: use === 'never' ? use : 'unknown' },
  }
}
