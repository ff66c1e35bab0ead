import { foreignText } from '../../core/text/display-text.ts'
import { AwsError } from '../aws-error.ts'
import { type StsFailure, toAwsError } from '../sts/sts-errors.ts'

/** What EC2 has answered in the place of what was asked. */
export interface Ec2Refusal {
  status: number
  /** Absent: that is no answer of AWS's. */
  code?: string | undefined
  message: string
}

/** Further words that only who may decode them can read (EC2 User Guide, DecodeAuthorizationMessage). */
const encodedPart = /\s*Encoded authorization failure message:.*$/s

/** Turns a refusal into an AwsError, where EC2 says it in other words than STS (EC2 API reference, "Error codes"). */
export function toEc2Error({ status, code, message }: Ec2Refusal, call: Omit<StsFailure, 'error'>): AwsError {
  const text = foreignText(message.replace(encodedPart, ''), call.secrets)
  switch (code ?? '') {
    case 'UnauthorizedOperation':
      return new AwsError('AWS_DENIED', `AWS refused ${call.action}: ${text}`, {
        hint: `a policy of the role must allow ec2:${call.action} (docs/COMMANDS.md has all that is needed)`,
      })
    case 'AuthFailure':
    case 'OptInRequired':
      return new AwsError('AWS_TOKEN_UNKNOWN', `${call.endpoint} does not know the credentials`, {
        hint: 'the region may not be enabled for the account, or belong to another partition: --region names another one',
      })
    case 'RequestExpired':
      return new AwsError('AWS_TOKEN_EXPIRED', 'AWS says that the request, or the session behind it, has expired', {
        hint: 'get new credentials with latchkey aws refresh PROFILE, and look at the clock with timedatectl',
      })
    case 'InvalidInstanceID.NotFound':
      return new AwsError('AWS_ENTITY_MISSING', `${call.endpoint} knows no such instance: ${text}`, {
        hint: 'it may be in another region or account: --region and --profile name others',
      })
    default:
      return toAwsError({ ...call, error: asSdkError({ status, code, message }) })
  }
}

/** The same as the SDK would throw it, so that what all services say is read in one place. */
function asSdkError({ status, code, message }: Ec2Refusal): Error {
  const error = Object.assign(new Error(message), { $metadata: { httpStatusCode: status } })
  return code === undefined ? error : Object.assign(error, { name: code, $fault: status < 500 ? 'client' : 'server' })
}
