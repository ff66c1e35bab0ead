import type { MfaCommand } from '../codes/mfa-command.ts'
import { roleDuration, sessionDuration } from '../plan/field-rules.ts'
import { sharedEndpoint } from './endpoint-settings.ts'
import { hasWebIdentity, refuseForeignOrigin } from './foreign-origin.ts'
import { type EffectiveProfile, effectiveProfile } from './included-profiles.ts'
import { parseCredentialProcess } from './own-process.ts'
import { checkedSeconds, invalid, type ProfileLink, type RoleLink } from './profile-link.ts'
import type { SharedConfig, SharedProfile } from './shared-config.ts'

/**
 * Finds what a profile of the AWS files is, as the AWS CLI means it, or aws-vault where the profile includes another
 * one. What the two mean differently, without such a sign, is refused with the line that settles it.
 * @throws {AwsError} AWS_PROFILE_INVALID, AWS_PROFILE_UNSUPPORTED, AWS_PROFILE_UNKNOWN, AWS_PROFILE_CYCLE
 */
export function sharedLink(shared: SharedConfig, profile: SharedProfile): ProfileLink {
  const effective = effectiveProfile(shared, profile)
  const { name, values, isOfAwsVault } = effective
  const roleArn = values.get('role_arn')
  const source = values.get('source_profile')
  const way = { region: values.get('region'), endpoint: sharedEndpoint(shared, name, values) }
  if (roleArn !== undefined && source !== undefined && !hasWebIdentity(values)) {
    if (values.has('credential_source')) throw invalid(name, 'has both source_profile and credential_source')
    return roleLink(effective, roleArn, source, way)
  }
  const refusal = refuseForeignOrigin(name, values)
  if (refusal !== undefined) throw refusal
  if (roleArn !== undefined) {
    if (isOfAwsVault) return roleLink(effective, roleArn, name, way)
    throw invalid(
      name,
      'has role_arn without source_profile',
      `write source_profile in the AWS config file: the profile whose credentials assume the role, or ${name} itself for a key of its own`,
    )
  }
  if (source !== undefined && source !== name) {
    if (isOfAwsVault) return { type: 'alias', name, target: source, ...way }
    throw invalid(
      name,
      'has source_profile without role_arn',
      `write role_arn in the AWS config file; or, for the credentials of ${source} under this name, include_profile = ${source}`,
    )
  }
  const process = parseCredentialProcess(values.get('credential_process') ?? '')
  if (process.type === 'own' && process.profile !== name) {
    return { type: 'alias', name, target: process.profile, ...way }
  }
  return {
    type: 'source',
    name,
    mfaSerial: values.get('mfa_serial'),
    mfaCommand: mfaCommand(values),
    sessionSeconds: sessionDuration.default,
    ...way,
  }
}

/** A line for a shell, as a whole in quotes or not (aws-vault, vault/config.go and mfa_unix.go). */
function mfaCommand(values: EffectiveProfile['values']): MfaCommand | undefined {
  const line = values.get('mfa_process')?.replace(/^(["'])((?:(?!\1).)*)\1$/, '$2')
  return line === undefined || line === '' ? undefined : { run: line, from: 'aws-files' }
}

function roleLink(
  { name, values }: EffectiveProfile,
  arn: string,
  source: string,
  way: Pick<RoleLink, 'region' | 'endpoint'>,
): RoleLink {
  const written = values.get('duration_seconds')
  const seconds = written === undefined ? undefined : Number(written)
  return {
    type: 'role',
    name,
    role: { arn },
    source,
    usesOwnKeys: source === name,
    isDirect: false,
    mfaSerial: values.get('mfa_serial'),
    mfaCommand: mfaCommand(values),
    durationSeconds: checkedSeconds(name, 'duration_seconds', seconds, roleDuration),
    externalId: values.get('external_id'),
    sessionName: values.get('role_session_name'),
    terms: {
      tags: sessionTags(name, values.get('session_tags')),
      transitiveTags: listed(values.get('transitive_session_tags')),
      sourceIdentity: values.get('source_identity'),
    },
    ...way,
  }
}

/** `key=value,key=value`, with blanks around both (aws-vault, vault/config.go, SetSessionTags). */
function sessionTags(name: string, text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined
  const tags = text.split(',').map((tag) => {
    const separator = tag.indexOf('=')
    if (separator === -1) throw invalid(name, 'session_tags is not key=value,key=value')
    return [tag.slice(0, separator).trim(), tag.slice(separator + 1).trim()] as const
  })
  return Object.fromEntries(tags)
}

function listed(text: string | undefined): string[] | undefined {
  const names = text?.split(',').map((name) => name.trim())
  return names?.filter((name) => name !== '')
}
