import type { AwsSettings } from './settings.ts'
import type { SharedConfig, SharedProfile } from './shared-config.ts'

/** Keys of the AWS files that say how AWS is to be reached. latchkey does not follow them yet. */
const endpointKeys = ['endpoint_url', 'services', 'use_fips_endpoint', 'use_dualstack_endpoint', 'ca_bundle']

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
]

/** Which settings of a profile do not count, and what counts instead. Without a word, the cause would be hard to find. */
export function profileNotices(settings: AwsSettings, shared: SharedConfig, name: string): string[] {
  const written = shared.profiles.get(name)
  if (written === undefined) return []
  const isOwn = Object.hasOwn(settings.profiles, name) || Object.hasOwn(settings.sources, name)
  const unused = keysOf(written, endpointKeys).filter((key) => written.values.get(key)?.toLowerCase() !== 'false')
  const shadowed = isOwn ? keysOf(written, originKeys) : []
  return [
    ...notice(name, unused, 'in the AWS config file is not used yet: latchkey asks the regional endpoint of STS'),
    ...notice(name, shadowed, 'in the AWS config file does not count: config.toml has the profile too'),
    ...notice(
      name,
      written.overridden,
      'in the AWS credentials file counts, not the other value in the AWS config file',
    ),
  ]
}

function keysOf({ values }: SharedProfile, keys: readonly string[]): string[] {
  return keys.filter((key) => values.has(key))
}

function notice(name: string, keys: readonly string[], says: string): string[] {
  return keys.length === 0 ? [] : [`profile ${name}: ${keys.join(', ')} ${says}`]
}
