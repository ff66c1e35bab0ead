import type { CodedError } from '../../core/errors.ts'
import type { BrowserSetting } from '../console/browser-commands.ts'
import type { RoleTerms } from '../plan/role-terms.ts'

/** `[aws.profile.NAME]` of config.toml: a role. Names and capitals are those of the file. */
export interface AwsProfileSettings {
  /** 12 digits; absent where `role` is an ARN. */
  account?: string | undefined
  /** A role name, with its path where it has one, or a role ARN. */
  role: string
  /** The source, or the profile, whose credentials assume the role. */
  source: string
  region?: string | undefined
  /** Length of the role session in seconds. */
  duration?: number | undefined
  /** `session` (the default): behind the MFA session. `direct`: by the long-term key and a code for this role alone. */
  mode?: 'session' | 'direct' | undefined
  external_id?: string | undefined
  session_name?: string | undefined
  session_tags?: Readonly<Record<string, string>> | undefined
  /** Keys of `session_tags`. */
  transitive_session_tags?: readonly string[] | undefined
  source_identity?: string | undefined
  /** An inline session policy, in JSON. */
  policy?: string | undefined
  policy_arns?: readonly string[] | undefined
  /** The alias of the account, as a link named it; whether it is that account's is asked when the role is first used. */
  account_alias?: string | undefined
  /** Six hexadecimal digits, for links and consoles. */
  color?: string | undefined
  /** UTC with whole seconds and Z: from then on the profile is refused. */
  until?: string | undefined
  /** The file of accounts from which a command wrote it, and may take it away again. */
  synced_from?: string | undefined
  endpoint_url?: string | undefined
  use_fips_endpoint?: boolean | undefined
  use_dualstack_endpoint?: boolean | undefined
  /** How its console is opened, in the place of what `[aws.console]` says. */
  browser?: BrowserSetting | undefined
}

/** What a role is assumed with. */
export function termsOf(profile: AwsProfileSettings): RoleTerms {
  return {
    tags: profile.session_tags,
    transitiveTags: profile.transitive_session_tags,
    sourceIdentity: profile.source_identity,
    policy: profile.policy,
    policyArns: profile.policy_arns,
  }
}

/** `[aws.source.NAME]` of config.toml: long-term keys in the keychain, with or without an MFA device. */
export interface AwsSourceSettings {
  mfa_serial?: string | undefined
  /** A command that prints the code of the device: as a list run as it is, as a line by a shell. */
  mfa_process?: string | readonly string[] | undefined
  /** Length of the MFA session in seconds. */
  session_duration?: number | undefined
  /** How old the long-term key may become without a warning, in seconds. */
  max_key_age?: number | undefined
  region?: string | undefined
  endpoint_url?: string | undefined
  use_fips_endpoint?: boolean | undefined
  use_dualstack_endpoint?: boolean | undefined
}

/** What config.toml says about AWS. */
export interface AwsSettings {
  profiles: Readonly<Record<string, AwsProfileSettings>>
  sources: Readonly<Record<string, AwsSourceSettings>>
  /** The server that the environment names in the place of STS. */
  stsServer?: string | undefined
  /** How consoles are opened; absent: as the desktop opens pages. */
  browser?: BrowserSetting | undefined
  /** Why a profile or source written there is in neither; the AWS files are not searched for it then. */
  switchedOff?: (name: string) => CodedError | undefined
}
