import { nearestNames } from '../../core/text/near-names.ts'
import { AwsError } from '../aws-error.ts'
import { parseCredentialProcess } from './own-process.ts'
import type { SharedConfig, SharedProfile } from './shared-config.ts'

/** What a profile of the AWS files says, with what it takes from other profiles. */
export interface EffectiveProfile {
  name: string
  values: ReadonlyMap<string, string>
  /** It includes another profile, which only aws-vault reads: it is read as aws-vault reads it. */
  isOfAwsVault: boolean
}

/** The keys that aws-vault takes from an included profile (aws-vault, vault/config.go, populateFromConfigFile). */
const inheritedKeys: ReadonlySet<string> = new Set([
  'mfa_serial',
  'mfa_process',
  'role_arn',
  'source_profile',
  'external_id',
  'role_session_name',
  'duration_seconds',
  'region',
  'endpoint_url',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'web_identity_token_file',
  'web_identity_token_process',
  'session_tags',
  'transitive_session_tags',
  'source_identity',
  'credential_process',
])

/**
 * Follows `include_profile` (`parent_profile` in aws-vault 5) as aws-vault does: what a profile does not say itself is
 * that of the included profile, then of those that this one includes, and in the end of `[default]` (aws-vault,
 * docs/content/docs/config.md, "include_profile"). A profile that includes none is read as the AWS CLI reads it, which
 * takes nothing from `[default]`: `include_profile = default` says that it is meant.
 * @throws {AwsError} AWS_PROFILE_UNKNOWN, AWS_PROFILE_CYCLE
 */
export function effectiveProfile(shared: SharedConfig, { name, values }: SharedProfile): EffectiveProfile {
  const all = new Map(values)
  const path = [name]
  const isOfAwsVault = includedBy(values) !== undefined
  for (let next = includedBy(values); next !== undefined; ) {
    if (path.includes(next)) {
      throw new AwsError('AWS_PROFILE_CYCLE', `AWS profiles include one another: ${[...path, next].join(' → ')}`, {
        hint: 'take include_profile out of one of them',
      })
    }
    const included = shared.profiles.get(next)
    // aws-vault passes over a section that is not there, and over one that everything inherits from.
    if (included === undefined && next !== 'default') throw unknownInclude(shared, path.at(-1)!, next)
    path.push(next)
    for (const [key, value] of included?.values ?? []) {
      // The line that latchkey writes for an included profile is about that one.
      const isOwnLine = key === 'credential_process' && parseCredentialProcess(value).type !== 'foreign'
      if (inheritedKeys.has(key) && !all.has(key) && !isOwnLine) all.set(key, value)
    }
    next = includedBy(included?.values) ?? (next === 'default' ? undefined : 'default')
  }
  // aws-vault passes over a profile that is its own source: its own key is meant.
  if (isOfAwsVault && all.get('source_profile') === name) all.delete('source_profile')
  return { name, values: all, isOfAwsVault }
}

function includedBy(values: ReadonlyMap<string, string> | undefined): string | undefined {
  return values?.get('include_profile') ?? values?.get('parent_profile')
}

function unknownInclude(shared: SharedConfig, name: string, included: string): AwsError {
  const near = nearestNames(included, [...shared.profiles.keys()])
  const what = `profile ${name} includes ${included}, which is not in the AWS config file`
  return new AwsError('AWS_PROFILE_UNKNOWN', near.length === 0 ? what : `${what}: did you mean ${near.join(' or ')}?`, {
    hint: `correct include_profile of ${name} there`,
  })
}
