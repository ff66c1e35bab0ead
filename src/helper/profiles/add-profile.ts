import { type NewProfile, newProfile, roleOfArn, roleOfLink, type WantedRole } from '../../aws/files/new-profile.ts'
import { isAccountId, parseSwitchRoleLink, type SwitchRoleLink } from '../../aws/links/switch-role-link.ts'
import { CodedError } from '../../core/errors.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { parseDurationSeconds } from '../../core/time/duration.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type { AwsProfileEntry } from '../../ipc/endpoints/aws-profiles.ts'
import { readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { awaitRead, type KnownProfile, knownProfiles } from './known-profiles.ts'
import { profileFiles, writeProfile } from './profile-files.ts'

/** What `latchkey aws profiles add` is told. */
export interface AddProfileOptions {
  role?: string
  source?: string
  name?: string
  account?: string
  region?: string
  /** How long the profile is to be there. */
  for?: string
}

const help = 'latchkey help aws profiles add'
const accountBlanks = /[\s-]/g
/** A year: what is there for longer needs no end. */
const maxSeconds = 366 * 86_400

/** Reads a link or an ARN, and writes the profile into both files. */
export async function addProfile(
  link: string | undefined,
  options: AddProfileOptions,
  context: CommandContext,
): Promise<void> {
  const { role: arn, name, source, region } = options
  // The console shows it with hyphens.
  const account = options.account?.replace(accountBlanks, '')
  if ((link === undefined) === (arn === undefined)) throw usage('name a switch-role link, or a role with --role ARN')
  if (arn !== undefined && account !== undefined) throw usage('--account belongs to a link: the ARN names the account')
  if (account !== undefined && !isAccountId(account)) throw usage('--account is not 12 digits')
  const until = options.for === undefined ? undefined : untilOf(options.for, context.nowMs())
  const parsed = link === undefined ? undefined : asUsage(() => parseSwitchRoleLink(link))
  const known = await knownProfiles(context)
  const role =
    parsed === undefined
      ? asUsage(() => roleOfArn(arn!))
      : roleOfLink(parsed, await accountIdOf(parsed, account, known, context))
  const profile = asUsage(() => newProfile(role, { name, source, region, until }, known))
  const present = presentOf(profile, until, known)
  const files = await profileFiles(context)
  await writeProfile(files, profile, present !== undefined, context)
  await awaitRead(context, `aws.profile.${profile.name}`, (profiles) => profiles.some((each) => isSame(each, profile)))
  context.print(describeAdded(profile, role, present, files))
}

/** The profile itself, where it is there already. @throws {HelperError} REFUSED: the name is another's */
function presentOf(
  profile: NewProfile,
  until: string | undefined,
  known: readonly KnownProfile[],
): KnownProfile | undefined {
  const present = known.find((each) => each.name === profile.name)
  // A block without a profile is left by a command that was killed.
  if (present === undefined || present.isBlock) return undefined
  if (!isSame(present, profile)) {
    const isOfRole = present.roleArn === profile.roleArn && present.source !== undefined
    const of = present.roleArn ?? (present.source === undefined ? 'something else' : 'another role')
    const what = isOfRole ? `${of} with ${present.source}` : of
    throw new HelperError('REFUSED', `there is a profile ${profile.name} already, for ${what}`, {
      hint: 'give the new one another name: --name NAME',
    })
  }
  if (until !== undefined && present.until !== until) {
    const end = present.until === undefined ? 'without an end' : `until ${present.until}`
    throw new HelperError('REFUSED', `there is a profile ${profile.name} for this role already, ${end}`, {
      hint: `latchkey aws profiles remove ${shellWord(profile.name)}, then add it again`,
    })
  }
  return present
}

function isSame(present: AwsProfileEntry, { name, roleArn, source }: NewProfile): boolean {
  return present.name === name && present.roleArn === roleArn && present.source === source
}

/** Nobody outside of an account can learn its id from its alias: it is asked for once. */
async function accountIdOf(
  { account }: SwitchRoleLink,
  given: string | undefined,
  known: readonly KnownProfile[],
  context: CommandContext,
): Promise<string> {
  if ('id' in account) {
    if (given !== undefined && given !== account.id) throw usage(`the link is for account ${account.id}, not ${given}`)
    return account.id
  }
  const named = known.find(({ accountAlias, roleArn }) => accountAlias?.name === account.alias && roleArn !== undefined)
  const id = given ?? named?.roleArn?.split(':')[4]
  if (id !== undefined) return id
  if (!context.hasTypedInput)
    throw new HelperError(
      'USAGE',
      `the link names the account ${account.alias} by its alias, which does not give its id`,
      {
        hint: 'add --account with its 12 digits, which the console shows at the top right',
      },
    )
  const typed = (await readTyped(context, `account id of ${displayLine(account.alias)} (12 digits)`, true)).replace(
    accountBlanks,
    '',
  )
  if (!isAccountId(typed)) throw usage('an account id has 12 digits')
  return typed
}

function untilOf(text: string, nowMs: number): string {
  const seconds = parseDurationSeconds(text)
  if (seconds === undefined || seconds < 60 || seconds > maxSeconds)
    throw usage('--for is not a duration from 1m to 366d, such as 3d or 12h')
  return formatUtc(nowMs + seconds * 1000)
}

function describeAdded(
  profile: NewProfile,
  role: WantedRole,
  present: KnownProfile | undefined,
  files: { config: string; aws: string },
) {
  const { name, roleArn, source, fields } = profile
  const until = present?.until ?? fields.until
  const end = until === undefined ? '' : `, until ${until}`
  const lines = [
    `${present ? 'there already' : 'added'}: ${name}, ${roleArn} with ${source}${end}`,
    `in ${files.config} and ${files.aws}`,
    ...(role.alias === undefined ? [] : [`account alias ${role.alias}: not verified until the role is used`]),
  ]
  return lines.map((line) => `${displayLine(line)}\n`).join('')
}

/** What is wrong with an argument. */
function asUsage<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause
    throw new HelperError('USAGE', cause.message, { cause, hint: cause.hint })
  }
}

function usage(message: string): HelperError {
  return new HelperError('USAGE', message, { hint: help })
}
