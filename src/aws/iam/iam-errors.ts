import { foreignText } from '../../core/text/display-text.ts'
import { AwsError, type AwsErrorCode } from '../aws-error.ts'
import { type StsFailure, toAwsError } from '../sts/sts-errors.ts'

/** What IAM alone says (IAM API reference, the errors of each action). STS has no error of these names. */
const codes: Readonly<Record<string, AwsErrorCode>> = {
  EntityAlreadyExists: 'AWS_ENTITY_EXISTS',
  NoSuchEntity: 'AWS_ENTITY_MISSING',
  LimitExceeded: 'AWS_QUOTA_REACHED',
  EntityTemporarilyUnmodifiable: 'AWS_ENTITY_BUSY',
  ConcurrentModification: 'AWS_ENTITY_BUSY',
}

/** Turns a failed call of IAM into an AwsError. */
export function toIamError(failure: StsFailure): AwsError {
  const { error, action, secrets } = failure
  if (!(error instanceof Error) || error instanceof AwsError) return toAwsError(failure)
  const name = error.name.replace(/Exception$/, '')
  if (name === 'InvalidAuthenticationCode') {
    return new AwsError('AWS_MFA_CODE_REFUSED', 'AWS refused the MFA codes: they are wrong, or not consecutive')
  }
  const code = Object.hasOwn(codes, name) ? codes[name] : undefined
  if (code === undefined) return toAwsError(failure)
  const hint = code === 'AWS_ENTITY_BUSY' ? 'wait some minutes, then run the command again' : undefined
  return new AwsError(code, `AWS refused ${action}: ${foreignText(error.message, secrets)}`, { hint })
}
