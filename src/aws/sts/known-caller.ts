import { type AwsError, isAwsError } from '../aws-error.ts'
import type { SigningCredentials } from '../credentials.ts'
import { defaultRegion, partitionOfRegion } from '../plan/partitions.ts'
import type { CallerIdentity, StsClient } from './sts-client.ts'

/** True when AWS did not accept the credentials that signed a request. The request's region may be the reason. */
export function isCredentialRefusal(error: unknown): error is AwsError {
  return isAwsError(error, 'AWS_TOKEN_EXPIRED', 'AWS_TOKEN_UNKNOWN', 'AWS_SIGNATURE_REFUSED')
}

/**
 * Asks AWS itself about credentials (GetCallerIdentity, which no policy can deny). A region that an account has not
 * opted in to answers as it does to credentials that nobody knows, so the region that is always on is asked as well.
 * @param region where they were made, or are to be used
 * @throws {AwsError} one of `isCredentialRefusal`: AWS accepts them nowhere; another one: AWS cannot be asked
 */
export async function findCaller(
  client: StsClient,
  credentials: SigningCredentials,
  region: string,
): Promise<CallerIdentity> {
  const alwaysOn = defaultRegion(partitionOfRegion(region))
  try {
    return await client.getCallerIdentity({ credentials, region })
  } catch (error) {
    if (!isAwsError(error, 'AWS_TOKEN_UNKNOWN') || region === alwaysOn) throw error
  }
  return client.getCallerIdentity({ credentials, region: alwaysOn })
}
