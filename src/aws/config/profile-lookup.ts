import { nearestNames } from '../../core/text/near-names.ts'
import { AwsError } from '../aws-error.ts'
import { roleDuration, sessionDuration } from '../plan/field-rules.ts'
import { ownEndpoint, sharedEndpoint } from './endpoint-settings.ts'
import { checkedSeconds, invalid, type ProfileLink, type RoleLink, type SourceLink } from './profile-link.ts'
import { type AwsProfileSettings, type AwsSettings, type AwsSourceSettings, termsOf } from './settings.ts'
import type { SharedConfig } from './shared-config.ts'
import { sharedLink } from './shared-link.ts'

/** Every name that can be asked for, sorted. */
export function profileNames(settings: AwsSettings, shared: SharedConfig): string[] {
  const names = [...Object.keys(settings.profiles), ...Object.keys(settings.sources), ...shared.profiles.keys()]
  return [...new Set(names)].sort()
}

/**
 * Finds what a profile is: config.toml first, then `~/.aws/config`.
 * @param usedBy the profile that names it as its source
 * @throws {AwsError} AWS_PROFILE_UNKNOWN, AWS_PROFILE_INVALID, AWS_PROFILE_UNSUPPORTED, AWS_PROFILE_CYCLE
 */
export function lookUpProfile(
  settings: AwsSettings,
  shared: SharedConfig,
  name: string,
  usedBy: string | undefined,
): ProfileLink {
  const sharedProfile = shared.profiles.get(name)
  // The names come from files: `constructor` must not find what every object has.
  const own = [settings.profiles, settings.sources].find((section) => Object.hasOwn(section, name))?.[name]
  if (own !== undefined) {
    const values = sharedProfile?.values ?? new Map<string, string>()
    const way = {
      region: own.region ?? values.get('region'),
      endpoint: ownEndpoint(own) ?? sharedEndpoint(shared, name, values),
    }
    return 'role' in own ? ownProfile(name, own, way) : ownSource(name, own, way)
  }
  const fault = settings.switchedOff?.(name)
  if (fault !== undefined) {
    throw new AwsError('AWS_PROFILE_INVALID', fault.message, { cause: fault, hint: fault.hint })
  }
  if (sharedProfile !== undefined) return sharedLink(shared, sharedProfile)
  throw unknownProfile(settings, shared, name, usedBy)
}

/** Where STS is asked: the one thing that may stand in the AWS files, beside the line that runs latchkey. */
type Way = Pick<ProfileLink, 'region' | 'endpoint'>

function ownProfile(name: string, profile: AwsProfileSettings, way: Way): RoleLink {
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
    isDirect: profile.mode === 'direct',
    durationSeconds: checkedSeconds(name, 'duration', profile.duration, roleDuration),
    externalId: profile.external_id,
    sessionName: profile.session_name,
    terms: termsOf(profile),
    ...way,
  }
}

function ownSource(name: string, source: AwsSourceSettings, way: Way): SourceLink {
  return {
    type: 'source',
    name,
    mfaSerial: source.mfa_serial,
    mfaCommand: source.mfa_process === undefined ? undefined : { run: source.mfa_process, from: 'config.toml' },
    sessionSeconds:
      checkedSeconds(name, 'session_duration', source.session_duration, sessionDuration) ?? sessionDuration.default,
    ...way,
  }
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
    hint: 'latchkey aws profiles list',
  })
}
