import type { AwsSettings } from './settings.ts'
import type { SharedConfig, SharedProfile } from './shared-config.ts'

/** What a profile of the AWS files can say about the way to AWS that latchkey does not follow yet. */
const endpointKeys = ['endpoint_url', 'services', 'use_fips_endpoint', 'use_dualstack_endpoint', 'ca_bundle']

/** What makes credentials in a profile of the AWS files; where config.toml has the profile it does not count. */
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

/** What of the configuration of a profile does not count, and what does: in silence it would be looked for elsewhere. */
export function profileNotices(settings: AwsSettings, shared: SharedConfig, name: string): string[] {
  const written = shared.profiles.get(name)
  if (written === undefined) return []
  const isOwn = Object.hasOwn(settings.profiles, name) || Object.hasOwn(settings.sources, name)
  const unused = keysOf(written, endpointKeys).filter((key) => written.values.get(key)?.toLowerCase() !== 'false')
  const shadowed = isOwn ? keysOf(written, originKeys) : []
  return [
    ...notice(
      name,
      unused,
      'of the AWS config file is not used yet by latchkey, which asks the regional endpoint of STS',
    ),
    ...notice(name, shadowed, 'of the AWS config file does not count: config.toml has the profile too'),
    ...notice(
      name,
      written.overridden,
      'of the AWS credentials file counts, and not the other one in the AWS config file',
    ),
  ]
}

function keysOf({ values }: SharedProfile, keys: readonly string[]): string[] {
  return keys.filter((key) => values.has(key))
}

function notice(name: string, keys: readonly string[], says: string): string[] {
  return keys.length === 0 ? [] : [`profile ${name}: ${keys.join(', ')} ${says}`]
}
