import { createHash } from 'node:crypto'
import { parseAccountList } from '../../aws/files/account-list.ts'
import { sourceOf } from '../../aws/files/new-profile.ts'
import { planSync, type SyncPlan } from '../../aws/files/sync-plan.ts'
import { syncMistake } from '../../aws/files/sync-request.ts'
import { displayLine } from '../../core/text/display-text.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import { confirmShown } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { readAccounts } from './account-source.ts'
import { exchangeProfiles } from './exchange-profiles.ts'
import { awaitRead, type KnownProfile, knownProfiles, neededOf } from './known-profiles.ts'
import { type ProfileFiles, profileFiles } from './profile-files.ts'
import { reportTried } from './report-tried.ts'

/** What `latchkey aws profiles sync` is told. */
export interface SyncOptions {
  sha256?: string
  role?: readonly string[]
  source?: string
  partition?: string
  organizations?: string | true
  /** Also the roles of the profiles that are there already. */
  try?: true
}

/** Makes profiles of the accounts of a list, and takes away those that an earlier one had. */
export async function syncProfiles(
  list: string | undefined,
  options: SyncOptions,
  context: CommandContext,
): Promise<void> {
  const { sha256, role = [], source, organizations } = options
  const roles = [...new Set(role.map((each) => each.replace(/^\//, '')))]
  const mistake = syncMistake({ roles, partition: options.partition })
  if (mistake !== undefined) throw usage(mistake)
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw usage('--sha256 is not 64 hexadecimal digits')
  if ((list === undefined) === (organizations === undefined))
    throw usage('name a list of accounts, or say --organizations')
  const known = await knownProfiles(context)
  const by = sourceOf(source, '', known)
  const asked = organizations === true ? by : organizations
  const partition = partitionFor(options.partition, asked === undefined ? [by] : [asked, by], known)
  const { bytes, from } = await readAccounts({ list, organizations: asked }, context)
  const hash = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== undefined && sha256.toLowerCase() !== hash)
    throw new HelperError('REFUSED', `${from} is not what it should be: its SHA-256 is ${hash}`, {
      hint: 'without --sha256 it is shown what would change',
    })
  const accounts = parseAccountList(bytes.toString('utf8'))
  const plan = withoutNeeded(planSync({ accounts, roles, partition, source, from }, known), known, context)
  const shown = describePlan(plan)
  context.print(shown)
  if (plan.added.length + plan.removed.length + plan.blockless.length > 0) {
    if (sha256 === undefined) {
      const question = `add ${plan.added.length} and remove ${plan.removed.length} profiles?`
      await confirmShown(context, { shown, question, hint: `look at what is shown above, and add --sha256 ${hash}` })
    }
    await writeFiles(plan, context)
  } else if (!options.try && plan.present.length > 0) context.note('--try tells which of the roles work\n')
  const added = plan.added.map(({ name }) => name)
  if (options.try) await reportTried([...plan.present, ...added].sort(), 'roles', context)
  else await reportTried(added, 'new roles', context)
}

/** What is written is told before anything else can fail. */
async function writeFiles(plan: SyncPlan, context: CommandContext): Promise<void> {
  const files = await profileFiles(context)
  const blocks = [...plan.added, ...plan.blockless]
  await exchangeProfiles(files, { ...plan, removedTables: plan.removed, blocks }, context)
  context.print(`${displayLine(describeWritten(plan, files))}\n`)
  const added = new Set(plan.added.map(({ name }) => name))
  for (const { name, roleArn } of plan.added.slice(-1))
    await awaitRead(context, `aws.profile.${name}`, (all) =>
      all.some((each) => each.name === name && each.roleArn === roleArn),
    )
  for (const name of plan.removed.filter((each) => !added.has(each)).slice(-1))
    await awaitRead(context, '', (all) => !all.some((each) => each.name === name))
}

function describeWritten({ added, removed, blockless }: SyncPlan, { config, aws }: ProfileFiles): string {
  const given = blockless.length === 0 ? '' : `, ${blockless.length} given their block`
  return `${added.length} added, ${removed.length} removed${given}, in ${config} and ${aws}`
}

/** Credentials are good in one partition alone, which nobody has to say. @throws {HelperError} USAGE */
function partitionFor(
  wanted: string | undefined,
  profiles: readonly string[],
  known: readonly AwsProfileEntry[],
): string {
  let chosen = wanted === undefined ? undefined : { partition: wanted, of: 'the accounts' }
  for (const profile of profiles) {
    const partition = known.find(({ name }) => name === profile)?.partition
    if (partition === undefined) continue
    if (chosen !== undefined && chosen.partition !== partition)
      throw usage(
        `${chosen.of} are in partition ${chosen.partition}, but the credentials of ${profile} are in ${partition}`,
      )
    chosen ??= { partition, of: `the credentials of ${profile}` }
  }
  return chosen?.partition ?? 'aws'
}

/** What other profiles need stays. */
function withoutNeeded(plan: SyncPlan, known: readonly KnownProfile[], { note }: CommandContext): SyncPlan {
  const again = new Set(plan.added.map(({ name }) => name))
  const users = neededOf(plan.removed, known)
  const needed = plan.removed.filter((name) => !again.has(name) && users.has(name))
  for (const name of needed) note(`${displayLine(`${name} stays, since ${users.get(name)!.name} needs it`)}\n`)
  return { ...plan, removed: plan.removed.filter((name) => !needed.includes(name)) }
}

function describePlan({ added, removed, kept, blockless }: SyncPlan): string {
  const lines = [
    ...removed.map((name) => `- ${name}`),
    ...added.map(({ name, roleArn, source }) => `+ ${name}: ${roleArn} with ${source}`),
    ...blockless.map(({ name }) => `= ${name} gets its block for the AWS tools`),
    ...kept.map(
      ({ name, roleArn }) => `= ${name} stays as it is: it was not written from this list, which has ${roleArn}`,
    ),
  ]
  return lines.length === 0 ? 'nothing changes\n' : lines.map((line) => `${displayLine(line)}\n`).join('')
}

function usage(message: string): HelperError {
  return new HelperError('USAGE', message, { hint: 'latchkey help aws profiles sync' })
}
