import type { Credentials } from '@aws-sdk/client-sts'
import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { AwsError } from '../aws-error.ts'
import type { SessionCredentials } from '../credentials.ts'

/**
 * The credentials in an answer of STS. AWS's own are printable ASCII; they go into headers and on to terminals.
 * @param skewMs AWS's time minus ours: the expiry is compared with the clock of this machine later on
 * @throws {AwsError} AWS_BAD_RESPONSE
 */
export function readIssued(action: string, credentials: Credentials | undefined, skewMs: number): SessionCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {}
  const expiresAtMs = (Expiration?.getTime() ?? Number.NaN) - skewMs
  if (
    !isPrintable(AccessKeyId) ||
    !isPrintable(SecretAccessKey) ||
    !isPrintable(SessionToken) ||
    Number.isNaN(expiresAtMs)
  ) {
    throw new AwsError('AWS_BAD_RESPONSE', `the answer to ${action} holds no complete credentials`)
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: new Secret(SecretAccessKey),
    sessionToken: new Secret(SessionToken),
    expiresAtMs,
  }
}
