import type { RoleFacts, StoredKey, UserFacts, UserKey } from '../../aws/check/check-facts.ts'
import { CodedError } from '../../core/errors.ts'
import type { CheckedKey } from '../../ipc/endpoints/aws-check.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { withSession } from '../with-session.ts'

/** Something that AWS did not say. */
export interface Unseen {
  what: string
  reason: string
  hint?: string | undefined
}

/** What AWS said. */
export interface CloudFacts {
  users: readonly UserFacts[]
  roles: readonly RoleFacts[]
  unseen: readonly Unseen[]
}

/** AWS limits how often roles are assumed: more at once would only be refused. */
const atOnce = 4

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
  const ask = async <T>(what: string, call: () => Promise<T>): Promise<T[]> => {
    try {
      return [await call()]
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      if (error.code === 'CANCELLED') throw cancelled(error)
      unseen.push({ what, reason: error.message, hint: error.hint })
      return []
    }
  }
  const users: UserFacts[] = []
  for (const { source } of stored) {
    for (const asked of await ask(`the user of ${source}`, () => askUser(source, context))) {
      users.push(asked.user)
      unseen.push(...asked.unseen)
    }
  }
  const roles: RoleFacts[] = []
  const denied: string[] = []
  const waiting = listed.flatMap(({ name, roleArn }) => (roleArn === undefined ? [] : [{ profile: name, roleArn }]))
  const stop = (error: unknown): never => {
    waiting.length = 0
    throw error
  }
  const work = async (end: number) => {
    for (let done = 0; done < end; done += 1) {
      const role = waiting.shift()
      if (role === undefined) return
      const call = () => context.daemon.call('checkRole', { params: { profile: role.profile } })
      for (const { open } of await ask(`whom the role of ${role.profile} trusts`, call).catch(stop)) {
        if (open === undefined) denied.push(role.profile)
        else roles.push({ ...role, open })
      }
    }
  }
  // The first one alone, so that a person is asked once.
  await work(1)
  await Promise.all(Array.from({ length: atOnce }, () => work(Number.POSITIVE_INFINITY)))
  if (denied.length > 0) {
    const what = `whom the roles of ${denied.sort().join(', ')} trust`
    unseen.push({ what, reason: 'they may not read themselves (iam:GetRole)' })
  }
  return { users, roles, unseen }
}

/** Whoever has said no to one code is not asked for the next. */
function cancelled(error: CodedError): HelperError {
  return new HelperError('CANCELLED', error.message, {
    cause: error,
    hint: 'without AWS: latchkey aws check --offline',
  })
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
