import type { AwsCredentials } from '../../aws/aws-credentials.ts'
import { AwsError, isAwsError } from '../../aws/aws-error.ts'
import { trustedWithoutMfa } from '../../aws/check/trust-policy.ts'
import type { IamSigner } from '../../aws/iam/iam-call.ts'
import type { IamClient } from '../../aws/iam/iam-client.ts'
import type { Told } from '../../aws/keys/user-keys.ts'
import { defaultRegion, parseIamArn } from '../../aws/plan/partitions.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type * as checks from '../../ipc/endpoints/aws-check.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { answeredError, reportedError } from './api-errors.ts'

/** The handlers of ipc/endpoints/aws-check.ts. */
export function checkHandlers(
  aws: Pick<AwsCredentials, 'credentials' | 'profiles' | 'userKeys'>,
  iam: () => Promise<IamClient>,
): EndpointHandlers<typeof checks, PromptCaller> {
  return {
    async checkUser({ params }) {
      const answer = await aws.userKeys(params.source)
      if (answer.type === 'session-needed') return answer
      const keys = reported(answer.keys, (listed) =>
        listed.map(({ createdAtMs, use, ...key }) => ({
          ...key,
          createdAt: formatUtc(createdAtMs),
          use: use.type,
          ...(use.type === 'used' ? { lastUsedAt: formatUtc(use.atMs) } : {}),
        })),
      )
      return { ...answer, keys, devices: reported(answer.devices, (serials) => serials) }
    },
    async checkRole({ params: { profile }, caller }) {
      try {
        const credentials = await aws.credentials(profile, caller)
        const { roleArn } = (await aws.profiles()).find(({ name }) => name === profile) ?? {}
        const arn = parseIamArn(roleArn ?? '')
        if (arn === undefined) throw new AwsError('AWS_PROFILE_UNSUPPORTED', `profile ${profile} has no role`)
        const signer = { credentials, region: defaultRegion(arn.partition) }
        return await openOf(await iam(), signer, arn.resource.split('/').at(-1)!)
      } catch (error) {
        return { error: answeredError(error) }
      }
    },
  }
}

async function openOf(client: IamClient, signer: IamSigner, roleName: string): Promise<{ open?: string[] }> {
  try {
    return { open: trustedWithoutMfa(await client.trustPolicyOf(signer, roleName)) }
  } catch (error) {
    if (isAwsError(error, 'AWS_DENIED')) return {}
    throw error
  }
}

function reported<T, Shown>(told: Told<T>, show: (value: T) => Shown) {
  return told.type === 'told'
    ? ({ type: told.type, value: show(told.value) } as const)
    : ({ type: told.type, refusal: reportedError(told.refusal) } as const)
}
