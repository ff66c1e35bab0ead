import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError } from '../aws-error.ts'
import { parseIamArn } from '../plan/partitions.ts'
import type { CallerIdentity } from '../sts/sts-client.ts'

/**
 * The name of the IAM user whose long-term key it is, as AWS has named them: the last part of `user/team/jo`.
 * @throws {AwsError} AWS_PROFILE_UNSUPPORTED: it is the key of the account's root user
 */
export function userNameOf(source: string, { arn }: CallerIdentity): string {
  const resource = parseIamArn(arn)?.resource ?? ''
  const userName = resource.startsWith('user/') ? resource.split('/').at(-1) : undefined
  if (userName !== undefined && userName !== '') return userName
  throw new AwsError('AWS_PROFILE_UNSUPPORTED', `the key of ${source} belongs to ${arn}, which is no IAM user`, {
    hint: `delete it in the console, and put in the key of an IAM user: latchkey aws keys add ${shellWord(source)}`,
  })
}
