import { type AwsError, isAwsError } from '../aws-error.ts'
import type { SigningCredentials } from '../credentials.ts'
import { defaultRegion, partitionOfRegion } from '../plan/partitions.ts'
import type { CallerIdentity, StsClient } from './sts-client.ts'

/** Whose credentials they are, and where AWS knows them. */
export interface KnownCaller extends CallerIdentity {
  region: string
}

/** True when AWS did not take the credentials that signed a request. That may be a matter of the request's region. */
export function isNotTaken(error: unknown): error is AwsError {
  return isAwsError(error, 'AWS_TOKEN_EXPIRED', 'AWS_TOKEN_UNKNOWN', 'AWS_SIGNATURE_REFUSED')
}

/**
 * Asks AWS itself about credentials (GetCallerIdentity, which no policy can deny). A region that an account has not
 * opted in to answers as it does to credentials that nobody knows, so the region that is always on is asked as well.
 * @param region where they were made, or are to be used
 * @throws {AwsError} one of `isNotTaken`: AWS takes them nowhere; another one: AWS cannot be asked
 */
export async function findCaller(
  client: StsClient,
  credentials: SigningCredentials,
  region: string,
): Promise<KnownCaller> {
  const ask = async (where: string) => ({
    region: where,
    ...(await client.getCallerIdentity({ credentials, region: where })),
  })
  const alwaysOn = defaultRegion(partitionOfRegion(region))
  try {
    return await ask(region)
  } catch (error) {
    if (!isAwsError(error, 'AWS_TOKEN_UNKNOWN') || region === alwaysOn) throw error
  }
  return ask(alwaysOn)
}
