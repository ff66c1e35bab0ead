import type { AccessKeyCalls } from './access-key-calls.ts'
import type { AccountAliasCalls } from './account-alias-calls.ts'
import type { MfaDeviceCalls } from './mfa-device-calls.ts'
import type { RoleCalls } from './role-calls.ts'

/**
 * The port to AWS IAM (API reference 2010-05-08), by groups of calls, each with its adapter in a file beside this one.
 * Each call rejects with an AwsError whose message holds no secret.
 */
export interface IamClient extends AccountAliasCalls, AccessKeyCalls, MfaDeviceCalls, RoleCalls {
  /** AWS's time minus ours in ms, as of the last answer. */
  clockSkewMs(): number
}
