import { effectiveProfile } from './included-profiles.ts'
import type { AwsSettings } from './settings.ts'
import type { SharedConfig, SharedProfile } from './shared-config.ts'

/** Keys of the AWS files that only aws-vault reads. */
const awsVaultKeys = [
  'include_profile',
  'parent_profile',
  'mfa_process',
  'session_tags',
  'transitive_session_tags',
  'source_identity',
]

/** Keys of the AWS files that say where credentials come from. They do not count where config.toml has the profile. */
const originKeys = [
  'role_arn',
  'source_profile',
  'mfa_serial',
  'external_id',
  'duration_seconds',
  'role_session_name',
  'credential_source',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'sso_account_id',
  'login_session',
  ...awsVaultKeys,
]

/** Which settings of a profile do not count, and what counts instead. Without a word, the cause would be hard to find. */
export function profileNotices(settings: AwsSettings, shared: SharedConfig, name: string): string[] {
  const written = shared.profiles.get(name)
  if (written === undefined) return []
  const isOwn = isInConfigToml(settings, name)
  const { values } = isOwn ? written : effectiveProfile(shared, written)
  const shadowed = isOwn ? keysOf(values, originKeys) : []
  return [
    ...notice(name, keysOf(values, ['ca_bundle']), 'is not used: NODE_EXTRA_CA_CERTS of the daemon names more roots'),
    ...notice(name, shadowed, 'in the AWS config file does not count: config.toml has the profile too'),
    ...notice(
      name,
      written.overridden,
      'in the AWS credentials file counts, not the other value in the AWS config file',
    ),
  ]
}

/**
 * That a device of `[default]` does not count for a role without one, in files that look like those of aws-vault, for
 * which it would.
 * @param source the profile whose key is used
 */
export function defaultDeviceNotice(
  settings: AwsSettings,
  shared: SharedConfig,
  profile: string,
  source: string,
): string[] {
  const hasDevice = shared.profiles.get('default')?.values.has('mfa_serial') === true
  if (!hasDevice || source === 'default' || isInConfigToml(settings, source)) return []
  if (!shared.profiles.has(profile) || ![...shared.profiles.values()].some(isOfAwsVault)) return []
  return [
    `profile ${profile}: mfa_serial of [default] does not count, as for the AWS CLI; for aws-vault's way write include_profile = default in ${source}`,
  ]
}

function isOfAwsVault({ values }: SharedProfile): boolean {
  return awsVaultKeys.some((key) => values.has(key))
}

function isInConfigToml({ profiles, sources }: AwsSettings, name: string): boolean {
  return Object.hasOwn(profiles, name) || Object.hasOwn(sources, name)
}

function keysOf(values: ReadonlyMap<string, string>, keys: readonly string[]): string[] {
  return keys.filter((key) => values.has(key))
}

function notice(name: string, keys: readonly string[], says: string): string[] {
  return keys.length === 0 ? [] : [`profile ${name}: ${keys.join(', ')} ${says}`]
}
