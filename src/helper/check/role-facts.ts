import type { RoleFacts } from '../../aws/check/check-facts.ts'
import { CodedError } from '../../core/errors.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import type { ReportedError } from '../../ipc/endpoints/fields.ts'
import type { CommandContext } from '../command-context.ts'
import { createOutageWatch } from '../outage-watch.ts'
import { type Unseen, unlessCancelled } from './unseen.ts'

/** AWS limits how often roles are assumed: more at once would only be refused. */
const atOnce = 4

/** Asks AWS whom roles trust. What is the same for several of them is told once. @throws {HelperError} CANCELLED */
export async function gatherRoleFacts(
  listed: readonly AwsProfileEntry[],
  context: CommandContext,
): Promise<{ roles: readonly RoleFacts[]; unseen: readonly Unseen[] }> {
  const waiting = listed.flatMap(({ name, roleArn }) => (roleArn === undefined ? [] : [{ profile: name, roleArn }]))
  const roles: RoleFacts[] = []
  const denied: string[] = []
  const failures = new Map<string, { error: ReportedError; profiles: string[] }>()
  const isOutage = createOutageWatch()

  const fail = (profile: string, error: ReportedError) => {
    const same = failures.get(error.message)
    if (same === undefined) failures.set(error.message, { error, profiles: [profile] })
    else same.profiles.push(profile)
  }
  const judge = (role: (typeof waiting)[number], { open, error }: Awaited<ReturnType<typeof askRole>>) => {
    const isOver = isOutage(error?.code)
    if (error !== undefined) fail(role.profile, error)
    else if (open === undefined) denied.push(role.profile)
    else roles.push({ ...role, open })
    if (error === undefined || !isOver) return
    for (const { profile } of waiting.splice(0)) fail(profile, error)
  }
  const work = async (end: number) => {
    for (let done = 0; done < end; done += 1) {
      const role = waiting.shift()
      if (role === undefined) return
      const answer = await askRole(role.profile, context).catch((error: unknown) => {
        waiting.length = 0
        throw error
      })
      judge(role, answer)
    }
  }
  // The first one alone, so that a person is asked once.
  await work(1)
  await Promise.all(Array.from({ length: atOnce }, () => work(Number.POSITIVE_INFINITY)))

  const unseen: Unseen[] = [...failures.values()].map(({ error: { message, hint }, profiles }) => ({
    what:
      profiles.length === 1
        ? `whom the role of ${profiles[0]} trusts`
        : `whom the roles of ${profiles.sort().join(', ')} trust`,
    reason: message,
    hint,
  }))
  if (denied.length > 0) {
    const what = `whom the roles of ${denied.sort().join(', ')} trust`
    unseen.push({ what, reason: 'they may not read themselves (iam:GetRole)' })
  }
  return { roles, unseen }
}

async function askRole(
  profile: string,
  { daemon }: CommandContext,
): Promise<{ open?: readonly string[]; error?: ReportedError }> {
  try {
    return await daemon.call('checkRole', { params: { profile } })
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown
    const { code, message, hint } = unlessCancelled(thrown)
    return { error: { code, message, ...(hint === undefined ? {} : { hint }) } }
  }
}
