import { sectionHeader } from '../../core/text/section-name.ts'
import { formatDuration } from '../../core/time/duration.ts'
import { AwsError } from '../aws-error.ts'
import type { MfaCommand } from '../codes/mfa-command.ts'
import { invalid, type RoleLink } from '../config/profile-link.ts'
import { profileNames } from '../config/profile-lookup.ts'
import { defaultDeviceNotice, profileNotices } from '../config/profile-notices.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { chainedRoleMaxSeconds, deviceMistake, roleDuration } from './field-rules.ts'
import { parseIamArn, partitionOfRegion, regionIn } from './partitions.ts'
import { checkField, followProfiles } from './profile-chain.ts'
import { isEmpty } from './role-terms.ts'
import { type DerivedStep, type KeyStep, roleStep, sessionStep } from './steps.ts'
import { otherIssuer } from './sts-endpoint.ts'

interface AssumedRole {
  role: RoleLink
  roleArn: string
}

/** How to get the credentials of a profile. Nothing has been done yet. */
export interface CredentialPlan {
  profile: string
  /** What yields them. Each step knows the one before it, back to the long-term key. */
  last: DerivedStep
  /** What prints the codes of the device, where one is configured. */
  mfaCommand?: MfaCommand
  /** What differs from the configuration and why, for the log. */
  notices: readonly string[]
}

/** What a plan is wanted for, where that is more than the credentials that the profile says. */
export interface PlanWishes {
  /** The long-term key assumes the first role, as with `mode = "direct"`. */
  isDirect?: boolean
}

/** In a shorter session, in seconds, the AWS CLI and boto3 ask again for each request: they want 15 minutes left. */
const comfortableSeconds = 20 * 60

/**
 * Works out the way to a profile's credentials: long-term key, then a session where there is an MFA device, then each
 * role. Long-term keys are never the answer: a profile without a role is answered with a session.
 * @throws {AwsError} AWS_PROFILE_…
 */
export function planCredentials(
  settings: AwsSettings,
  shared: SharedConfig,
  profile: string,
  wishes: PlanWishes = {},
): CredentialPlan {
  const { roles, source, endpoint, regions, path } = followProfiles(settings, shared, profile)
  const [innermost, ...outer] = roles
  const innerToOuter = [innermost, source, ...outer]
  // The AWS CLI sends the serial that stands beside the first role; people who write it once write it at the source;
  // further out it can only mean the same device, because a role's own credentials cannot prove one.
  const withDevice = innerToOuter.find((link) => link?.mfaSerial !== undefined)
  const mfaSerial = withDevice?.mfaSerial
  const mfaCommand = innerToOuter.find((link) => link?.mfaCommand !== undefined)?.mfaCommand
  if (withDevice !== undefined) checkDevice(withDevice.name, mfaSerial)
  const device = mfaSerial === undefined ? undefined : parseIamArn(mfaSerial)
  const region = regions.find((candidate) => candidate !== undefined)
  const partition = device?.partition ?? (region === undefined ? 'aws' : partitionOfRegion(region))
  const assumed = roles.map((role) => ({ role, roleArn: roleArnOf(role, partition) }))

  const issuer = otherIssuer(endpoint, settings.stsServer)
  const where = { ...(endpoint === undefined ? {} : { endpoint }), ...(issuer === undefined ? {} : { issuer }) }

  refuseOtherPartitions(source.name, device?.partition, assumed)

  const key: KeyStep = { type: 'key', source: source.name }
  const sessionPartition = device?.partition ?? parseIamArn(assumed[0]?.roleArn ?? '')?.partition ?? partition
  const session = sessionStep({
    type: 'session',
    parent: key,
    ...(mfaSerial === undefined ? {} : { mfaSerial }),
    durationSeconds: source.sessionSeconds,
    partition: sessionPartition,
    region: regionIn(sessionPartition, [source.region, ...regions]),
    ...where,
  })

  const notices = path.flatMap((name) => profileNotices(settings, shared, name))
  if (mfaSerial === undefined) notices.push(...defaultDeviceNotice(settings, shared, profile, source.name))
  const isDirect = (role: RoleLink) => role.isDirect || (role === innermost && wishes.isDirect === true)
  const assume = (parent: KeyStep | DerivedStep, { role, roleArn }: AssumedRole) => {
    const arn = parseIamArn(roleArn)!
    return roleStep({
      type: 'role',
      parent,
      profile: role.name,
      roleArn,
      accountId: arn.accountId,
      ...(role.externalId === undefined ? {} : { externalId: role.externalId }),
      ...(role.sessionName === undefined ? {} : { sessionName: role.sessionName }),
      ...(isEmpty(role.terms) ? {} : { terms: role.terms }),
      ...(isDirect(role) && mfaSerial !== undefined ? { mfaSerial } : {}),
      durationSeconds: roleSeconds(role, parent, notices),
      region: regionIn(arn.partition, [role.region, ...regions]),
      ...where,
    })
  }

  const [first, ...others] = assumed
  const common = { profile, notices, ...(mfaCommand === undefined ? {} : { mfaCommand }) }
  if (first === undefined) return { ...common, last: session }
  const last = others.reduce(assume, assume(mfaSerial === undefined || isDirect(first.role) ? key : session, first))
  return { ...common, last }
}

/** The plans of all profiles whose configuration is right, by name. */
export function validPlans(settings: AwsSettings, shared: SharedConfig): CredentialPlan[] {
  return profileNames(settings, shared).flatMap((name) => planIfValid(settings, shared, name) ?? [])
}

/** The plan of a profile, or undefined where its configuration is wrong: for callers that look at all of them. */
export function planIfValid(settings: AwsSettings, shared: SharedConfig, profile: string): CredentialPlan | undefined {
  try {
    return planCredentials(settings, shared, profile)
  } catch (error) {
    if (error instanceof AwsError) return undefined
    throw error
  }
}

function checkDevice(profile: string, serial: string | undefined): void {
  checkField(profile, 'mfaSerial', 'mfa_serial', serial)
  const mistake = serial === undefined ? undefined : deviceMistake(serial)
  if (mistake !== undefined) throw invalid(profile, `mfa_serial is ${mistake.says}`, mistake.hint)
}

/** Partitions know nothing of each other: for a role in another one AWS would only say that it does not know the session. */
function refuseOtherPartitions(source: string, ofDevice: string | undefined, roles: readonly AssumedRole[]): void {
  let before = ofDevice === undefined ? undefined : { what: `the MFA device of ${source}`, partition: ofDevice }
  for (const { role, roleArn } of roles) {
    const { partition } = parseIamArn(roleArn)!
    if (before !== undefined && before.partition !== partition) {
      throw invalid(role.name, `the role is in partition ${partition}, but ${before.what} is in ${before.partition}`)
    }
    before = { what: `the role of ${role.name}`, partition }
  }
}

function roleArnOf({ name, role }: RoleLink, partition: string): string {
  const arn = 'arn' in role ? role.arn : `arn:${partition}:iam::${role.account}:role/${role.name.replace(/^\//, '')}`
  checkField(name, 'roleArn', 'role', arn)
  return arn
}

/** Why AWS limits a role session to an hour, or undefined where a long-term key assumes the role. */
function cappedAs(parent: KeyStep | DerivedStep): string | undefined {
  switch (parent.type) {
    case 'key':
      return undefined
    case 'session':
      return 'a role that an MFA session assumes'
    case 'role':
      return 'a role that another role assumes'
  }
}

/** How a role can be had for longer. It costs a code each time, so nobody is given it unasked. */
function directWay(name: string): string {
  return `; for all of it, with a code for this role alone: mode = "direct" in ${sectionHeader('aws', 'profile', name)} of config.toml`
}

function roleSeconds(role: RoleLink, parent: KeyStep | DerivedStep, notices: string[]): number {
  const asked = role.durationSeconds ?? roleDuration.default
  const chained = cappedAs(parent)
  const seconds = chained === undefined ? asked : Math.min(asked, chainedRoleMaxSeconds)
  if (seconds < asked) {
    notices.push(
      `profile ${role.name}: asked for ${formatDuration(asked)}, but AWS limits ${chained} to ${formatDuration(seconds)}${parent.type === 'session' ? directWay(role.name) : ''}`,
    )
  }
  if (seconds < comfortableSeconds) {
    notices.push(
      `profile ${role.name}: with a duration of ${formatDuration(seconds)} the AWS CLI asks again for each request`,
    )
  }
  return seconds
}
