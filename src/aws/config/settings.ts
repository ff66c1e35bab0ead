import type { CodedError } from '../../core/errors.ts'

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
  external_id?: string | undefined
  session_name?: string | undefined
}

/** `[aws.source.NAME]` of config.toml: long-term keys in the keychain, with or without an MFA device. */
export interface AwsSourceSettings {
  mfa_serial?: string | undefined
  /** Length of the MFA session in seconds. */
  session_duration?: number | undefined
  region?: string | undefined
}

/** What config.toml says about AWS. */
export interface AwsSettings {
  profiles: Readonly<Record<string, AwsProfileSettings>>
  sources: Readonly<Record<string, AwsSourceSettings>>
  /** Why a profile or source written there is in neither; the AWS files are not searched for it then. */
  switchedOff?: (name: string) => CodedError | undefined
}
