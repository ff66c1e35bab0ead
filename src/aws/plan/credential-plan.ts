import { createHash } from 'node:crypto'
import { formatDuration } from '../../core/duration.ts'
import { AwsError } from '../aws-error.ts'
import { invalid, lookUpProfile, type RoleLink, type SourceLink } from '../config/profile-lookup.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { chainedRoleMaxSeconds, fieldMistake, roleDuration, sessionDuration } from './field-rules.ts'
import { parseIamArn, partitionOfRegion, regionIn } from './partitions.ts'

/** The long-term keys of a source, in the keychain. */
export interface KeyStep {
  type: 'key'
  source: string
}

/** GetSessionToken. */
export interface SessionStep {
  type: 'session'
  source: string
  /** Absent: the session proves no second factor, and nobody is asked for it. */
  mfaSerial?: string
  durationSeconds: number
  partition: string
  region: string
}

/** AssumeRole with the credentials of the step before. */
export interface RoleStep {
  type: 'role'
  /** The profile that says so. */
  profile: string
  roleArn: string
  accountId: string
  externalId?: string
  /** Absent: the person's name is used, which is the same each time. */
  sessionName?: string
  durationSeconds: number
  region: string
}

/** A step that STS makes of the one before. */
export type DerivedStep = SessionStep | RoleStep
export type CredentialSteps = readonly [KeyStep, DerivedStep, ...DerivedStep[]]

/** How to get the credentials of a profile: nothing of it has happened yet. */
export interface CredentialPlan {
  profile: string
  source: string
  region: string
  steps: CredentialSteps
  /** What differs from the configuration and why, for the log. */
  notices: readonly string[]
}

/** A shorter session makes the AWS CLI and boto3 ask again for each request, in seconds: they want 15 minutes left. */
const comfortableSeconds = 20 * 60

/**
 * Works out the way to a profile's credentials: long-term key, then a session where there is an MFA device, then each
 * role. Long-term keys are never the answer: a profile without a role is answered with a session.
 * @throws {AwsError} AWS_PROFILE_…
 */
export function planCredentials(settings: AwsSettings, shared: SharedConfig, profile: string): CredentialPlan {
  const { roles, source, regions } = followLinks(settings, shared, profile)
  const [innermost, ...outer] = roles
  // The AWS CLI sends the serial that stands beside the first role; people who write it once write it at the source;
  // further out it can only mean the same device, because a role's own credentials cannot prove one.
  const mfaSerial = [innermost?.mfaSerial, source.mfaSerial, ...outer.map((role) => role.mfaSerial)].find(
    (serial) => serial !== undefined,
  )
  check(source.name, 'mfaSerial', 'mfa_serial', mfaSerial)
  for (const role of roles) {
    check(role.name, 'externalId', 'external_id', role.externalId)
    check(role.name, 'sessionName', 'the session name', role.sessionName)
  }

  const serialArn = mfaSerial === undefined ? undefined : parseIamArn(mfaSerial)
  const region = regions.find((candidate) => candidate !== undefined)
  const partition = serialArn?.partition ?? (region === undefined ? 'aws' : partitionOfRegion(region))
  const roleArns = roles.map((role) => roleArnOf(role, partition))

  const needsSession = mfaSerial !== undefined || roles.length === 0
  const sessionPartition = serialArn?.partition ?? parseIamArn(roleArns[0] ?? '')?.partition ?? partition
  const session: SessionStep = {
    type: 'session',
    source: source.name,
    ...(mfaSerial === undefined ? {} : { mfaSerial }),
    durationSeconds: source.sessionSeconds,
    partition: sessionPartition,
    region: regionIn(sessionPartition, [source.region, ...regions]),
  }

  const notices: string[] = []
  const roleSteps = roles.map((role, index): RoleStep => {
    const roleArn = roleArns[index]!
    const arn = parseIamArn(roleArn)!
    return {
      type: 'role',
      profile: role.name,
      roleArn,
      accountId: arn.accountId,
      ...(role.externalId === undefined ? {} : { externalId: role.externalId }),
      ...(role.sessionName === undefined ? {} : { sessionName: role.sessionName }),
      durationSeconds: roleSeconds(role, cappedAs(index, mfaSerial), notices),
      region: regionIn(arn.partition, [role.region, ...regions]),
    }
  })

  const derived = needsSession ? [session, ...roleSteps] : roleSteps
  const [first, ...rest] = derived
  return {
    profile,
    source: source.name,
    region: derived.at(-1)!.region,
    steps: [{ type: 'key', source: source.name }, first!, ...rest],
    notices,
  }
}

interface Links {
  /** In the order in which they are assumed. */
  roles: readonly RoleLink[]
  source: SourceLink
  /** From the profile that was asked for down to the source. */
  regions: readonly (string | undefined)[]
}

function followLinks(settings: AwsSettings, shared: SharedConfig, profile: string): Links {
  const roles: RoleLink[] = []
  const regions: (string | undefined)[] = []
  const path: string[] = []
  let name = profile
  for (;;) {
    if (path.includes(name)) {
      throw new AwsError('AWS_PROFILE_CYCLE', `AWS profiles in a circle: ${[...path, name].join(' → ')}`, {
        hint: 'let the last of them name a source that has a long-term key',
      })
    }
    const link = lookUpProfile(settings, shared, name, path.at(-1))
    path.push(name)
    check(name, 'region', 'region', link.region)
    regions.push(link.region)
    switch (link.type) {
      case 'source':
        return { roles, source: link, regions }
      case 'alias':
        name = link.target
        break
      case 'role':
        roles.unshift(link)
        if (link.usesOwnKeys) return { roles, source: ownKeys(link), regions }
        name = link.source
        break
    }
  }
}

/** The source that a profile is for itself. */
function ownKeys({ name, region }: RoleLink): SourceLink {
  return { type: 'source', name, region, sessionSeconds: sessionDuration.default }
}

function roleArnOf({ name, role }: RoleLink, partition: string): string {
  const arn = 'arn' in role ? role.arn : `arn:${partition}:iam::${role.account}:role/${role.name.replace(/^\//, '')}`
  check(name, 'roleArn', 'role', arn)
  return arn
}

/** Why AWS limits a role session to an hour, or undefined where long-term keys assume it. */
function cappedAs(index: number, mfaSerial: string | undefined): string | undefined {
  if (index > 0) return 'a role that another role assumes'
  return mfaSerial === undefined ? undefined : 'a role that an MFA session assumes'
}

function roleSeconds(role: RoleLink, chained: string | undefined, notices: string[]): number {
  const asked = role.durationSeconds ?? roleDuration.default
  const seconds = chained === undefined ? asked : Math.min(asked, chainedRoleMaxSeconds)
  if (seconds < asked) {
    notices.push(
      `profile ${role.name}: asked for ${formatDuration(asked)}, but AWS gives ${chained} at most ${formatDuration(seconds)}`,
    )
  }
  if (seconds < comfortableSeconds) {
    notices.push(
      `profile ${role.name}: with a duration of ${formatDuration(seconds)} the AWS CLI asks again for each request`,
    )
  }
  return seconds
}

function check(name: string, rule: Parameters<typeof fieldMistake>[0], field: string, value: string | undefined): void {
  const mistake = value === undefined ? undefined : fieldMistake(rule, value)
  if (mistake !== undefined) throw invalid(name, `${field} is ${mistake}`)
}

/**
 * A name for what the first steps yield, from every input of every step: an edited role never finds the credentials of
 * the old one. The endpoint's region is left out, because it changes nothing about the answer; so is the session name
 * where nobody set one.
 */
export function cacheKey(steps: readonly (KeyStep | DerivedStep)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(steps.map(inputsOf)))
    .digest('hex')
    .slice(0, 32)
}

/** The name under which the credentials of a plan's first `count` steps are held: its source, and the inputs. */
export function prefixKey(plan: CredentialPlan, count: number): string {
  return `${sourcePrefix(plan.source)}${cacheKey(plan.steps.slice(0, count))}`
}

/** How every `prefixKey` of a source begins. */
export function sourcePrefix(source: string): string {
  return `${encodeURIComponent(source)}/`
}

function inputsOf(step: KeyStep | DerivedStep): readonly (string | number | null)[] {
  switch (step.type) {
    case 'key':
      return ['key', step.source]
    case 'session':
      return ['session', step.source, step.mfaSerial ?? null, step.durationSeconds, step.partition]
    case 'role':
      return ['role', step.roleArn, step.externalId ?? null, step.sessionName ?? null, step.durationSeconds]
  }
}
