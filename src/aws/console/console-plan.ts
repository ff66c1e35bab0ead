import { shellWord } from '../../core/text/shell-word.ts'
import { formatDuration } from '../../core/time/duration.ts'
import { AwsError } from '../aws-error.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { type CredentialPlan, planCredentials } from '../plan/credential-plan.ts'
import { parseIamArn } from '../plan/partitions.ts'
import { type RoleStep, stepsTo } from '../plan/steps.ts'

/** How a role is signed in to the console. */
export interface SignInPlan {
  plan: CredentialPlan
  role: RoleStep
  partition: string
}

/**
 * Works out which credentials sign a profile in. The federation endpoint takes those of a role alone (IAM User Guide,
 * "Enable custom identity broker access to the AWS console"), and gives the console a length of its own only where a
 * long-term key has assumed the role: then the role is planned that way, whatever the mode of its profile.
 * @param seconds the length that is asked for; absent: the console ends with the credentials
 * @throws {AwsError} AWS_PROFILE_…
 */
export function planSignIn(
  settings: AwsSettings,
  shared: SharedConfig,
  profile: string,
  seconds: number | undefined,
): SignInPlan {
  const plain = planCredentials(settings, shared, profile)
  if (plain.last.type !== 'role') {
    throw new AwsError(
      'AWS_PROFILE_UNSUPPORTED',
      `profile ${profile} has no role: AWS opens the console for roles only`,
      {
        hint: `latchkey aws profiles add --role ARN --source ${shellWord(plain.last.source)}`,
      },
    )
  }
  const isChained = stepsTo(plain.last).filter(({ type }) => type === 'role').length > 1
  if (seconds !== undefined && isChained) {
    const length = formatDuration(seconds)
    const message = `profile ${profile} cannot be in the console for ${length}: another role assumes its role, and AWS lets such a console last as long as the role's own credentials`
    throw new AwsError('AWS_PROFILE_UNSUPPORTED', message, { hint: 'leave out --for' })
  }
  const plan = seconds === undefined ? plain : planCredentials(settings, shared, profile, { isDirect: true })
  const role = plan.last as RoleStep
  return { plan, role, partition: parseIamArn(role.roleArn)!.partition }
}
