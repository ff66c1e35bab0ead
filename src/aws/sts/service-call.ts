import type { STSClient } from '@aws-sdk/client-sts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { type AwsError, isAwsError } from '../aws-error.ts'
import type { SigningCredentials } from '../credentials.ts'
import { boundAnswers } from './bounded-answer.ts'
import { createClockSkew } from './clock-skew.ts'
import { type AwsSdk, sdkConfig } from './sdk-config.ts'
import { createSendAgain } from './send-again.ts'
import type { StsFailure } from './sts-errors.ts'

const defaultRequestTimeoutMs = 10_000

/** Who asks a service, and where. */
export interface ServiceSigner {
  credentials: SigningCredentials
  /** Any of the account's partition. */
  region: string
}

/** What the adapter of a service must be given, because it looks nothing up itself. */
export interface ServiceSdkOptions {
  sdk: AwsSdk
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
  /** AWS_ENDPOINT_URL_… of the service. Absent: the endpoint of the partition. */
  endpoint?: string | undefined
  /** PEM certificates that are trusted in addition to the usual ones. */
  extraCa?: string | undefined
  /** How long one try may take, in ms; 10 000 by default. */
  requestTimeoutMs?: number
}

/** One call. */
export interface ServiceCallOptions<Client, T> extends ServiceSigner {
  /** The name of the operation. */
  action: string
  send(client: Client): Promise<T>
  /** It is not sent again once it may have reached AWS: it makes something, or carries codes. */
  isOnce?: true
  /** What else is sent in confidence. */
  secrets?: readonly string[]
}

/** Makes a call with a client of its own. @throws {AwsError} */
export type ServiceCall<Client> = <T extends { $metadata: { attempts?: number } }>(
  call: ServiceCallOptions<Client, T>,
) => Promise<T>

/** The way to a service. */
export interface ServiceCalls<Client> {
  call: ServiceCall<Client>
  /** AWS's time minus ours in ms, as of the last answer. */
  clockSkewMs(): number
}

/** A client of the SDK, as far as all of them are the same. */
interface AnyClient {
  config: { systemClockOffset: number }
  destroy(): void
}

/** What is special about a service that has one endpoint for all regions of a partition. */
export interface GlobalService<Client> {
  /** As messages have it: `IAM`. */
  name: string
  newClient(config: ReturnType<typeof sdkConfig>): Client
  toError(failure: StsFailure): AwsError
}

/** The way to such a service that all of its calls share. */
export function createServiceCall<Client extends AnyClient>(
  { clock, random, log, endpoint, extraCa, requestTimeoutMs = defaultRequestTimeoutMs }: ServiceSdkOptions,
  { name, newClient, toError }: GlobalService<Client>,
): ServiceCalls<Client> {
  const skew = createClockSkew(log)
  const server = endpoint === undefined ? name : `${name} at ${new URL(endpoint).host}`
  const endpointVariable = `AWS_ENDPOINT_URL_${name.toUpperCase()}`
  const call: ServiceCall<Client> = async ({ action, credentials, region, send, isOnce = false, secrets = [] }) => {
    const client = newClient(
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
    const bounds = { server, endpointVariable, timeoutMs: requestTimeoutMs }
    boundAnswers(client as unknown as STSClient, bounds, clock)
    try {
      const answer = await send(client)
      skew.note(client.config.systemClockOffset, answer.$metadata.attempts !== 1)
      return answer
    } catch (error) {
      const confidential = [credentials.secretAccessKey.expose(), ...secrets]
      const failure = toError({ error, action, endpoint: server, secrets: confidential })
      skew.note(client.config.systemClockOffset, isAwsError(failure, 'AWS_CLOCK_SKEW'))
      throw failure
    } finally {
      client.destroy()
    }
  }
  return { call, clockSkewMs: skew.ms }
}
