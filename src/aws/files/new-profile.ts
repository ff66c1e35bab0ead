import { nearestNames } from '../../core/text/near-names.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError } from '../aws-error.ts'
import type { ListedProfile } from '../config/profile-list.ts'
import { profileNameFrom } from '../links/profile-name.ts'
import type { SwitchRoleLink } from '../links/switch-role-link.ts'
import { fieldMistake } from '../plan/field-rules.ts'
import { defaultRegion, parseIamArn, partitionOfRegion } from '../plan/partitions.ts'
import type { TomlFields } from './toml-edit.ts'

/** A role that somebody wants a profile for. */
export interface WantedRole {
  arn: string
  /** What people call it. */
  label: string
  alias?: string
  color?: string
}

/** What is said of a new profile besides its role; what is not said follows from what there is. */
export interface ProfileWish {
  name?: string | undefined
  source?: string | undefined
  region?: string | undefined
  until?: string | undefined
}

/** A profile that can be written. */
export interface NewProfile {
  name: string
  roleArn: string
  source: string
  region?: string | undefined
  /** Of `[aws.profile.NAME]`. */
  fields: TomlFields
}

/** The role behind a link. @param accountId of the alias, where the link has one */
export function roleOfLink(link: SwitchRoleLink, accountId: string): WantedRole {
  const { partition, account, roleName, displayName, color } = link
  return {
    arn: `arn:${partition}:iam::${accountId}:role/${roleName}`,
    label: displayName ?? labelOf('id' in account ? account.id : account.alias, roleName),
    ...('alias' in account ? { alias: account.alias } : {}),
    ...(color === undefined ? {} : { color }),
  }
}

/** The role of an ARN. @throws {AwsError} AWS_PROFILE_INVALID */
export function roleOfArn(arn: string): WantedRole {
  const mistake = fieldMistake('roleArn', arn)
  if (mistake !== undefined) throw refused(`${arn} is ${mistake}`, 'such as arn:aws:iam::111122223333:role/Dev')
  const { accountId, resource } = parseIamArn(arn)!
  return { arn, label: labelOf(accountId, resource) }
}

/**
 * The profile for a role among those that there are.
 * @throws {AwsError} AWS_PROFILE_INVALID: a name, source or region that cannot be; which one it is where there are several sources
 */
export function newProfile(role: WantedRole, wish: ProfileWish, known: readonly ListedProfile[]): NewProfile {
  const name = wish.name ?? profileNameFrom(role.label)
  if (!isName(name))
    throw refused(`${JSON.stringify(name)} is not a name that all AWS tools can read`, 'give it one: --name NAME')
  if (wish.name === undefined && name === 'default')
    throw refused(
      'the link would make the profile that every tool takes that is told none',
      'give it a name: --name NAME',
    )
  const source = sourceOf(wish.source, name, known)
  const { partition } = parseIamArn(role.arn)!
  const from = known.find((each) => each.name === source)
  refuseUnfit(source, from, partition, known)
  const region = wish.region ?? regionFor(partition, from?.region)
  const mistake = region === undefined ? undefined : fieldMistake('region', region)
  if (mistake !== undefined) throw refused(`${region} is ${mistake}`, 'correct --region')
  if (region !== undefined && partitionOfRegion(region) !== partition)
    throw refused(
      `the role is in partition ${partition}, but ${region} is in ${partitionOfRegion(region)}`,
      `such as --region ${defaultRegion(partition)}`,
    )
  const fields = {
    role: role.arn,
    source,
    ...(region === undefined ? {} : { region }),
    ...(role.alias === undefined ? {} : { account_alias: role.alias }),
    ...(role.color === undefined ? {} : { color: role.color }),
    ...(wish.until === undefined ? {} : { until: wish.until }),
  }
  return { name, roleArn: role.arn, source, region, fields }
}

/** Such as `mattermost-dev-DeveloperRole`. */
function labelOf(account: string, role: string): string {
  return `${account}-${role.slice(role.lastIndexOf('/') + 1)}`
}

/** No quoting makes the rest readable for every SDK, and TOML parsers refuse the words of JavaScript. */
export function isName(name: string): boolean {
  return (
    !/^$|^-|["\\\]\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^(?:__proto__|prototype|constructor)$/u.test(name) && name.length <= 128
  )
}

/**
 * The source that is meant: the one that is named, which may be a profile of any file, else the only one of config.toml.
 * @param name the profile that it is for
 * @throws {AwsError} AWS_PROFILE_INVALID
 */
export function sourceOf(wanted: string | undefined, name: string, known: readonly ListedProfile[]): string {
  const names = known.filter(isSource).map((each) => each.name)
  if (wanted !== undefined) {
    // A source that has the name already stands in the way of the profile, which is not for us to say.
    if (names.includes(wanted)) return wanted
    if (wanted === name) throw refused(`${name} cannot be its own source`, 'name another one with --source')
    const all = known.map((each) => each.name)
    if (all.includes(wanted)) return wanted
    const near = nearestNames(wanted, all).map((each) => `--source ${shellWord(each)}`)
    const hint = near.length === 0 ? 'latchkey aws profiles list' : `did you mean ${near.join(' or ')}?`
    throw refused(`there is no source or profile ${wanted}`, all.length === 0 ? noSource : hint)
  }
  const [only] = names
  if (only === undefined)
    throw refused(
      'config.toml has no source whose key could assume the role',
      `${noSource}; or name a profile of the AWS files: --source NAME`,
    )
  if (names.length > 1)
    throw refused(`there are several sources: ${names.join(', ')}`, `name one: --source ${shellWord(only)}`)
  return only
}

const isSource = ({ definedIn, source }: ListedProfile) => definedIn === 'config.toml' && source === undefined

const noSource = 'put in the key of a source, which writes its section: latchkey aws keys add'

/** Refuses credentials that the daemon could not assume the role with, whatever is written. @throws {AwsError} */
function refuseUnfit(
  source: string,
  from: ListedProfile | undefined,
  partition: string,
  known: readonly ListedProfile[],
): void {
  if (from?.keyOf === undefined)
    throw refused(
      `${source} cannot be used as it is configured`,
      `what is wrong: latchkey aws explain ${shellWord(source)}`,
    )
  if (from.partition === undefined || from.partition === partition) return
  const other = known.find((each) => isSource(each) && each.partition === partition)?.name
  throw refused(
    `the role is in partition ${partition}, but the credentials of ${source} are in ${from.partition}`,
    other === undefined
      ? `put in the key of a user of ${partition}: latchkey aws keys add --new NAME; then --source NAME`
      : `such as --source ${shellWord(other)}`,
  )
}

/** That of the source, where the role is in the same partition; else one that the partition always has. */
function regionFor(partition: string, ofSource: string | undefined): string | undefined {
  if (ofSource !== undefined && partitionOfRegion(ofSource) === partition) return ofSource
  return partition === 'aws' ? undefined : defaultRegion(partition)
}

function refused(message: string, hint: string): AwsError {
  return new AwsError('AWS_PROFILE_INVALID', message, { hint })
}
