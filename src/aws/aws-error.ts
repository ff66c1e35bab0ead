import { CodedError } from '../core/errors.ts'

/** Why there are no AWS credentials. */
export type AwsErrorCode =
  // What is asked for: profiles and settings.
  | 'AWS_PROFILE_UNKNOWN'
  | 'AWS_PROFILE_INVALID'
  | 'AWS_PROFILE_UNSUPPORTED'
  | 'AWS_PROFILE_CYCLE'
  | 'AWS_PROFILE_NOT_NAMED'
  // What a person hands in: links, lists of accounts, and files that commands edit.
  | 'AWS_LINK_INVALID'
  | 'AWS_LIST_INVALID'
  | 'AWS_FILE_NOT_EDITED'
  // Nothing on this machine can lead a browser to the console.
  | 'AWS_CONSOLE_NOT_OPENED'
  // Long-term keys.
  | 'AWS_KEY_MISSING'
  | 'AWS_KEY_REFUSED'
  | 'AWS_KEY_EXISTS'
  | 'AWS_KEY_CORRUPT'
  | 'AWS_IMPORT_FAILED'
  /** Something must be seen to before a key can be rotated, or its rotation finished. */
  | 'AWS_ROTATION_BLOCKED'
  /** A key was removed or replaced, or its session forgotten, while something was being made from it. */
  | 'AWS_FORGOTTEN'
  // MFA codes. AWS_MFA_NEEDED alone means that a person could help.
  | 'AWS_MFA_NEEDED'
  | 'AWS_MFA_CODE_REFUSED'
  | 'AWS_MFA_SERIAL_REFUSED'
  /** Neither what yields codes by itself nor a person has given one. */
  | 'AWS_CODE_SOURCE_FAILED'
  | 'AWS_SEED_INVALID'
  // What IAM says of things that it keeps: a name that is taken, a thing that is not there, a quota, a change under way.
  | 'AWS_ENTITY_EXISTS'
  | 'AWS_ENTITY_MISSING'
  | 'AWS_QUOTA_REACHED'
  | 'AWS_ENTITY_BUSY'
  // What STS and IAM answer.
  | 'AWS_DENIED'
  | 'AWS_TOKEN_EXPIRED'
  | 'AWS_TOKEN_UNKNOWN'
  | 'AWS_SIGNATURE_REFUSED'
  | 'AWS_CLOCK_SKEW'
  | 'AWS_REQUEST_INVALID'
  | 'AWS_REGION_DISABLED'
  | 'AWS_THROTTLED'
  | 'AWS_UNREACHABLE'
  | 'AWS_BAD_RESPONSE'

/** The one error of this room. Its message holds no secret. */
export class AwsError extends CodedError<AwsErrorCode> {}

/** True for an AwsError with one of these codes. */
export function isAwsError<Code extends AwsErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is AwsError & { readonly code: Code } {
  return error instanceof AwsError && codes.some((code) => code === error.code)
}
