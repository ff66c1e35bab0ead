import type { IAMClient } from '@aws-sdk/client-iam'
import type { STSClient } from '@aws-sdk/client-sts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { isAwsError } from '../aws-error.ts'
import type { SigningCredentials } from '../credentials.ts'
import { boundAnswers } from '../sts/bounded-answer.ts'
import { createClockSkew } from '../sts/clock-skew.ts'
import { sdkConfig } from '../sts/sdk-config.ts'
import { createSendAgain } from '../sts/send-again.ts'
import type { AwsSdk } from '../sts/sts-sdk.ts'
import { toIamError } from './iam-errors.ts'

const requestTimeoutMs = 10_000

/** Who asks IAM, and where. */
export interface IamSigner {
  credentials: SigningCredentials
  /** Any of the account's partition. */
  region: string
}

/** What the adapter must be given, because it looks nothing up itself. */
export interface IamSdkOptions {
  sdk: AwsSdk
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
  /** AWS_ENDPOINT_URL_IAM. Absent: the endpoint of the partition. */
  endpoint?: string | undefined
  /** PEM certificates that are trusted in addition to the usual ones. */
  extraCa?: string | undefined
}

/** One call. */
export interface IamCallOptions<T> extends IamSigner {
  /** The name of the operation. */
  action: string
  send(client: IAMClient): Promise<T>
  /** It is not sent again once it may have reached AWS: it makes something, or carries codes. */
  isOnce?: true
  /** What else is sent in confidence. */
  secrets?: readonly string[]
}

/** Makes a call with a client of its own. @throws {AwsError} */
export type IamCall = <T extends { $metadata: { attempts?: number } }>(call: IamCallOptions<T>) => Promise<T>

/** The way to IAM that all groups of its calls share. */
export function createIamCall({ sdk, clock, random, log, endpoint, extraCa }: IamSdkOptions): IamCall {
  const skew = createClockSkew(log)
  const server = endpoint === undefined ? 'IAM' : `IAM at ${new URL(endpoint).host}`
  return async ({ action, credentials, region, send, isOnce = false, secrets = [] }) => {
    const client = new sdk.IAMClient(
      sdkConfig({
        region,
        credentials,
        endpoint,
        extraCa,
        requestTimeoutMs,
        retryStrategy: createSendAgain(isOnce, random),
        systemClockOffset: skew.ms(),
      }),
    )
    // It looks at nothing but the answer's body, which is the same for every service.
    boundAnswers(client as unknown as STSClient, { server, timeoutMs: requestTimeoutMs }, clock)
    try {
      const answer = await send(client)
      skew.note(client.config.systemClockOffset, answer.$metadata.attempts !== 1)
      return answer
    } catch (error) {
      const confidential = [credentials.secretAccessKey.expose(), ...secrets]
      const failure = toIamError({ error, action, endpoint: server, secrets: confidential })
      skew.note(client.config.systemClockOffset, isAwsError(failure, 'AWS_CLOCK_SKEW'))
      throw failure
    } finally {
      client.destroy()
    }
  }
}
