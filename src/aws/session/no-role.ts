import { AwsError } from '../aws-error.ts'
import { loginCommand } from './login-command.ts'

/** The refusal to get the credentials of a role anew for a profile that has none. */
export function noRole(profile: string): AwsError {
  return new AwsError('AWS_PROFILE_UNSUPPORTED', `profile ${profile} has no role whose credentials could be got anew`, {
    hint: `for another MFA session: ${loginCommand(profile)} --before-expiry`,
  })
}

/** The same for a role that the access key assumes: new credentials begin with a code. */
export function needsNewCode(profile: string): AwsError {
  const message = `each time that the credentials of profile ${profile} are got anew they take a code, since the access key assumes its role`
  return new AwsError('AWS_PROFILE_UNSUPPORTED', message, { hint: `${loginCommand(profile)} --before-expiry` })
}
