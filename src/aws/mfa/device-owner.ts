import type { AccessKey } from '../credentials.ts'
import { userNameOf } from '../keys/key-owner.ts'
import { parseIamArn } from '../plan/partitions.ts'
import type { CallerIdentity } from '../sts/sts-client.ts'

/** The IAM user whose long-term key it is, and whose devices they are. */
export interface DeviceOwner {
  key: AccessKey
  arn: string
  userName: string
  /** What the ARN of a virtual device of the account begins with: `arn:aws:iam::111122223333:mfa/`. */
  devicePrefix: string
  /** Where AWS knows the key. */
  region: string
}

/** The owner of a key as AWS has named them. @throws {AwsError} AWS_PROFILE_UNSUPPORTED: it is no user's */
export function deviceOwner(source: string, key: AccessKey, caller: CallerIdentity): DeviceOwner {
  const { arn, accountId, region } = caller
  const devicePrefix = `arn:${parseIamArn(arn)?.partition}:iam::${accountId}:mfa/`
  return { key, arn, userName: userNameOf(source, caller), devicePrefix, region }
}
