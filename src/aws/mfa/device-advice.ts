import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError, isAwsError } from '../aws-error.ts'

/** What was tried with the devices of a user. */
export interface DeviceAttempt {
  source: string
  /** The permission that it takes. */
  action: string
  /** The ARN that the permission is for. */
  resource: string
}

/** Runs what asks IAM about devices; where it fails, the error says what to run or whom to ask. */
export async function withDeviceAdvice<T>(attempt: DeviceAttempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new AwsError(error.code, error.message, { cause: error, hint: hintFor(error, attempt) })
  }
}

function hintFor(error: AwsError, { source, action, resource }: DeviceAttempt): string {
  const name = shellWord(source)
  if (isAwsError(error, 'AWS_DENIED'))
    return `ask an administrator to allow ${action} on ${resource}, then run the command again`
  if (isAwsError(error, 'AWS_QUOTA_REACHED', 'AWS_ENTITY_EXISTS'))
    return `what the user has already: latchkey aws mfa list ${name}`
  if (isAwsError(error, 'AWS_ENTITY_MISSING'))
    return `what the user has: latchkey aws mfa list ${name}; for a new device: latchkey aws mfa enroll ${name}`
  if (isAwsError(error, 'AWS_TOKEN_UNKNOWN', 'AWS_SIGNATURE_REFUSED'))
    return `if the key was taken away, put in a new one: latchkey aws keys add ${name}`
  return error.hint ?? 'run the command again: it finds what AWS has made of this try'
}
