import type { STSClient } from '@aws-sdk/client-sts'
import type { Clock } from '../../core/time/clock.ts'
import { boundAnswers } from '../sts/bounded-answer.ts'
import { sdkConfig } from '../sts/sdk-config.ts'
import { createSendAgain } from '../sts/send-again.ts'
import { toAwsError } from '../sts/sts-errors.ts'
import type { AwsSdk } from '../sts/sts-sdk.ts'
import type { IamClient } from './iam-client.ts'

const requestTimeoutMs = 10_000

/** What the adapter must be given, because it looks nothing up itself. */
export interface IamSdkOptions {
  sdk: AwsSdk
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  /** AWS_ENDPOINT_URL_IAM. Absent: the endpoint of the partition. */
  endpoint?: string | undefined
  /** PEM certificates that are trusted in addition to the usual ones. */
  extraCa?: string | undefined
}

/** IAM through the AWS SDK. */
export function createIamSdk({ sdk, clock, random, endpoint, extraCa }: IamSdkOptions): IamClient {
  return {
    async listAccountAliases({ credentials, region }) {
      const server = endpoint === undefined ? 'IAM' : `IAM at ${new URL(endpoint).host}`
      const client = new sdk.IAMClient(
        sdkConfig({
          region,
          credentials,
          endpoint,
          extraCa,
          requestTimeoutMs,
          retryStrategy: createSendAgain(false, random),
          systemClockOffset: 0,
        }),
      )
      // It looks at nothing but the answer's body, which is the same for every service.
      boundAnswers(client as unknown as STSClient, { server, timeoutMs: requestTimeoutMs }, clock)
      try {
        const { AccountAliases = [] } = await client.send(new sdk.ListAccountAliasesCommand({}))
        return AccountAliases
      } catch (error) {
        const secrets = [credentials.secretAccessKey.expose()]
        throw toAwsError({ error, action: 'ListAccountAliases', endpoint: server, secrets })
      } finally {
        client.destroy()
      }
    },
  }
}
