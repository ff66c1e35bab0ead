import { nearestNames } from '../../core/text/near-names.ts'
import { formatDuration } from '../../core/time/duration.ts'
import { AwsError } from '../aws-error.ts'
import { roleDuration, sessionDuration } from '../plan/field-rules.ts'
import { parseCredentialProcess } from './own-process.ts'
import type { AwsProfileSettings, AwsSettings, AwsSourceSettings } from './settings.ts'
import type { SharedConfig, SharedProfile } from './shared-config.ts'

/** A profile that assumes a role with what `source` yields. */
export interface RoleLink {
  type: 'role'
  name: string
  /** An ARN, or a role name with an account: its partition is known only with the region. */
  role: { arn: string } | { account: string; name: string }
  /** The name of the next profile; its own name means its own long-term keys. */
  source: string
  /** Only in `~/.aws/config`, where `source_profile` may name the profile itself. */
  usesOwnKeys: boolean
  mfaSerial?: string | undefined
  durationSeconds?: number | undefined
  externalId?: string | undefined
  sessionName?: string | undefined
  region?: string | undefined
}

/** A profile that stands for long-term keys in the keychain. */
export interface SourceLink {
  type: 'source'
  name: string
  mfaSerial?: string | undefined
  sessionSeconds: number
  region?: string | undefined
}

/** A profile that runs `latchkey` for another profile. */
export interface AliasLink {
  type: 'alias'
  name: string
  target: string
  region?: string | undefined
}

/** What one profile is, before the profiles that it names are looked at. */
export type ProfileLink = RoleLink | SourceLink | AliasLink

/** Every name that can be asked for, sorted. */
export function profileNames(settings: AwsSettings, shared: SharedConfig): string[] {
  const names = [...Object.keys(settings.profiles), ...Object.keys(settings.sources), ...shared.profiles.keys()]
  return [...new Set(names)].sort()
}

/**
 * Finds what a profile is: config.toml first, then `~/.aws/config`.
 * @param usedBy the profile that names it as its source
 * @throws {AwsError} AWS_PROFILE_UNKNOWN, AWS_PROFILE_INVALID, AWS_PROFILE_UNSUPPORTED
 */
export function lookUpProfile(
  settings: AwsSettings,
  shared: SharedConfig,
  name: string,
  usedBy: string | undefined,
): ProfileLink {
  const sharedProfile = shared.profiles.get(name)
  const sharedRegion = sharedProfile?.values.get('region')
  // The names come from files: `constructor` must not find what every object has.
  if (Object.hasOwn(settings.profiles, name)) return ownProfile(name, settings.profiles[name]!, sharedRegion)
  if (Object.hasOwn(settings.sources, name)) return ownSource(name, settings.sources[name]!, sharedRegion)
  const fault = settings.switchedOff?.(name)
  if (fault !== undefined) {
    throw new AwsError('AWS_PROFILE_INVALID', fault.message, { cause: fault, hint: fault.hint })
  }
  if (sharedProfile !== undefined) return fromSharedProfile(sharedProfile)
  throw unknownProfile(settings, shared, name, usedBy)
}

function ownProfile(name: string, profile: AwsProfileSettings, sharedRegion: string | undefined): RoleLink {
  const { account, role } = profile
  if (!role.startsWith('arn:') && account === undefined) throw invalid(name, 'role needs an account beside it')
  if (role.startsWith('arn:') && account !== undefined && !role.includes(`::${account}:`)) {
    throw invalid(name, `role is not in account ${account}`)
  }
  return {
    type: 'role',
    name,
    role: role.startsWith('arn:') ? { arn: role } : { account: account!, name: role },
    source: profile.source,
    usesOwnKeys: false,
    durationSeconds: checkedSeconds(name, 'duration', profile.duration, roleDuration),
    externalId: profile.external_id,
    sessionName: profile.session_name,
    region: profile.region ?? sharedRegion,
  }
}

function ownSource(name: string, source: AwsSourceSettings, sharedRegion: string | undefined): SourceLink {
  return {
    type: 'source',
    name,
    mfaSerial: source.mfa_serial,
    sessionSeconds:
      checkedSeconds(name, 'session_duration', source.session_duration, sessionDuration) ?? sessionDuration.default,
    region: source.region ?? sharedRegion,
  }
}

function fromSharedProfile({ name, values }: SharedProfile): ProfileLink {
  const region = values.get('region')
  const mfaSerial = values.get('mfa_serial')
  const roleArn = values.get('role_arn')
  const source = values.get('source_profile')
  if (roleArn !== undefined && source !== undefined) {
    if (values.has('credential_source')) throw invalid(name, 'has both source_profile and credential_source')
    const written = values.get('duration_seconds')
    return {
      type: 'role',
      name,
      role: { arn: roleArn },
      source,
      usesOwnKeys: source === name,
      mfaSerial,
      durationSeconds: checkedSeconds(
        name,
        'duration_seconds',
        written === undefined ? undefined : Number(written),
        roleDuration,
      ),
      externalId: values.get('external_id'),
      sessionName: values.get('role_session_name'),
      region,
    }
  }
  const other = otherOrigin(values)
  if (other !== undefined) {
    throw new AwsError(
      'AWS_PROFILE_UNSUPPORTED',
      `profile ${name} gets its credentials from ${other}, which latchkey does not use`,
      { hint: `let the AWS CLI use that profile itself, or add [aws.profile.${name}] to config.toml` },
    )
  }
  if (roleArn !== undefined) throw invalid(name, 'has role_arn without source_profile')
  if (source !== undefined) throw invalid(name, 'has source_profile without role_arn')
  const process = values.get('credential_process')
  if (process !== undefined) {
    const parsed = parseCredentialProcess(process)
    if (parsed.type === 'own' && parsed.profile !== name) {
      return { type: 'alias', name, target: parsed.profile, region }
    }
  }
  return { type: 'source', name, mfaSerial, sessionSeconds: sessionDuration.default, region }
}

/** Where a profile of `~/.aws/config` gets credentials that are neither a key of ours nor a role, in words. */
function otherOrigin(values: ReadonlyMap<string, string>): string | undefined {
  if (values.has('credential_source')) return `this machine (credential_source ${values.get('credential_source')})`
  if (values.has('web_identity_token_file')) return 'a web identity token'
  if (['sso_session', 'sso_start_url', 'sso_account_id'].some((key) => values.has(key))) return 'IAM Identity Center'
  if (values.has('login_session')) return 'a browser sign-in (login_session)'
  const process = parseCredentialProcess(values.get('credential_process') ?? 'latchkey aws credentials self')
  return process.type === 'foreign' ? `another program (${process.program})` : undefined
}

function checkedSeconds(
  name: string,
  field: string,
  seconds: number | undefined,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= min && seconds <= max)) return seconds
  throw invalid(name, `${field} is not between ${formatDuration(min)} and ${formatDuration(max)}`)
}

function unknownProfile(settings: AwsSettings, shared: SharedConfig, name: string, usedBy?: string): AwsError {
  const what = usedBy === undefined ? `no AWS profile ${name}` : `profile ${usedBy} names ${name}, which does not exist`
  if (shared.misnamed.includes(name)) {
    return new AwsError('AWS_PROFILE_UNKNOWN', `${what}: the AWS config file has it as [${name}]`, {
      hint: `write [profile ${name}] there`,
    })
  }
  const near = nearestNames(name, profileNames(settings, shared))
  return new AwsError('AWS_PROFILE_UNKNOWN', near.length === 0 ? what : `${what}: did you mean ${near.join(' or ')}?`, {
    hint: 'latchkey status lists the profiles',
  })
}

/** A mistake in a profile, with the place to correct it. */
export function invalid(
  name: string,
  reason: string,
  hint = `correct ${name} in config.toml or in the AWS config file`,
): AwsError {
  return new AwsError('AWS_PROFILE_INVALID', `profile ${name}: ${reason}`, { hint })
}
