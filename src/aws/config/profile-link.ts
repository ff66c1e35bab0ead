import { formatDuration } from '../../core/time/duration.ts'
import { AwsError } from '../aws-error.ts'
import type { MfaCommand } from '../codes/mfa-command.ts'
import type { RoleTerms } from '../plan/role-terms.ts'
import type { StsEndpoint } from '../plan/sts-endpoint.ts'

/** A profile that assumes a role with what `source` yields. */
export interface RoleLink {
  type: 'role'
  name: string
  /** An ARN, or a role name with an account: its partition is known only with the region. */
  role: { arn: string } | { account: string; name: string }
  /** The name of the next profile; its own name means its own long-term keys. */
  source: string
  /** Only in `~/.aws/config`, where a profile may have keys of its own beside a role. */
  usesOwnKeys: boolean
  /** The long-term key assumes it, with a code of its own, and no MFA session does. */
  isDirect: boolean
  mfaSerial?: string | undefined
  mfaCommand?: MfaCommand | undefined
  durationSeconds?: number | undefined
  externalId?: string | undefined
  sessionName?: string | undefined
  terms: RoleTerms
  region?: string | undefined
  endpoint?: StsEndpoint | undefined
}

/** A profile that stands for long-term keys in the keychain. */
export interface SourceLink {
  type: 'source'
  name: string
  mfaSerial?: string | undefined
  mfaCommand?: MfaCommand | undefined
  sessionSeconds: number
  region?: string | undefined
  endpoint?: StsEndpoint | undefined
}

/** A profile that has the credentials of another one. */
export interface AliasLink {
  type: 'alias'
  name: string
  target: string
  region?: string | undefined
  endpoint?: StsEndpoint | undefined
}

/** What one profile is, before the profiles that it names are looked at. */
export type ProfileLink = RoleLink | SourceLink | AliasLink

/**
 * Checks a number of seconds, where there is one.
 * @param field what the files call it
 * @throws {AwsError} AWS_PROFILE_INVALID
 */
export function checkedSeconds(
  name: string,
  field: string,
  seconds: number | undefined,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= min && seconds <= max)) return seconds
  throw invalid(name, `${field} is not between ${formatDuration(min)} and ${formatDuration(max)}`)
}

/** A mistake in a profile, with the place to correct it. */
export function invalid(
  name: string,
  reason: string,
  hint = `correct ${name} in config.toml or in the AWS config file`,
): AwsError {
  return new AwsError('AWS_PROFILE_INVALID', `profile ${name}: ${reason}`, { hint })
}
