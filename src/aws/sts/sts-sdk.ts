import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts'
import type { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import type { SigningCredentials } from '../credentials.ts'
import { defaultRegion, partitionOfRegion } from '../plan/partitions.ts'
import { type StsEndpoint, serverInstead } from '../plan/sts-endpoint.ts'
import { readIssued } from './answered-credentials.ts'
import { assumeRoleInput } from './assume-role-input.ts'
import { boundAnswers } from './bounded-answer.ts'
import { createClockSkew } from './clock-skew.ts'
import { sdkConfig } from './sdk-config.ts'
import { createSendAgain } from './send-again.ts'
import type { ServiceSdkOptions } from './service-call.ts'
import type { StsClient } from './sts-client.ts'
import { toAwsError } from './sts-errors.ts'

const defaultRequestTimeoutMs = 10_000

/** What each answer of the SDK says about itself. */
interface Answer {
  $metadata: { attempts?: number }
}

/** One request. The code, where it has one, is the only part that must not be sent twice. */
interface Call<T extends Answer> {
  action: string
  region: string
  endpoint?: StsEndpoint | undefined
  credentials: SigningCredentials
  code?: Secret<string>
  send(client: STSClient): Promise<T>
}

/** What the adapter must be given, because it looks nothing up itself. */
export interface StsSdkOptions extends Omit<ServiceSdkOptions, 'endpoint'> {
  /** AWS_ENDPOINT_URL_STS, before what a request says, as in the SDKs. Absent: the endpoint of each request's region. */
  endpoint?: string | undefined
  /** How long one try may take, in ms; 10 000 by default. */
  requestTimeoutMs?: number
  /** Carries the requests instead of node:http(s). */
  requestHandler?: STSClientConfig['requestHandler']
}

/**
 * STS through the AWS SDK. The SDK is told everything that it would otherwise look up in the environment and in
 * `~/.aws`: this daemon is what those files point at.
 */
export function createStsSdk(options: StsSdkOptions): StsClient {
  const { sdk, clock, random, log, extraCa, requestHandler } = options
  const { requestTimeoutMs = defaultRequestTimeoutMs } = options
  const skew = createClockSkew(log)

  const urlOf = ({ endpoint }: Call<Answer>) => serverInstead(endpoint, options.endpoint)

  const serverOf = (request: Call<Answer>): string => {
    const url = urlOf(request)
    if (url !== undefined) return `STS at ${new URL(url).host}`
    return `${request.endpoint?.isFips === true ? 'the FIPS endpoint of STS' : 'STS'} in ${request.region}`
  }

  const clientFor = (request: Call<Answer>, { region, credentials, code, endpoint } = request) =>
    new sdk.STSClient(
      sdkConfig({
        region,
        credentials,
        endpoint: urlOf(request),
        isFips: endpoint?.isFips,
        isDualStack: endpoint?.isDualStack,
        extraCa,
        requestTimeoutMs,
        retryStrategy: createSendAgain(code !== undefined, random),
        systemClockOffset: skew.ms(),
        requestHandler,
      }),
    )

  const attempt = async <T extends Answer>(request: Call<T>): Promise<T> => {
    const { action, credentials, code, send } = request
    const client = clientFor(request)
    const server = serverOf(request)
    const endpointVariable = 'AWS_ENDPOINT_URL_STS'
    boundAnswers(client, { server, endpointVariable, timeoutMs: requestTimeoutMs }, clock)
    try {
      const answer = await send(client)
      skew.note(client.config.systemClockOffset, answer.$metadata.attempts !== 1)
      return answer
    } catch (error) {
      const failure = toAwsError({
        error,
        action,
        endpoint: server,
        secrets: [credentials.secretAccessKey.expose(), sessionTokenOf(credentials), code?.expose() ?? ''],
      })
      skew.note(client.config.systemClockOffset, isAwsError(failure, 'AWS_CLOCK_SKEW'))
      throw failure
    } finally {
      // Its connections end too: AWS would close them before the next call, half an hour later.
      client.destroy()
    }
  }

  /** Asks another region where STS is turned off in this one. Never with a code, which AWS may have looked at. */
  const call = async <T extends Answer>(request: Call<T>): Promise<{ answer: T; region: string }> => {
    const { region } = request
    try {
      return { answer: await attempt(request), region }
    } catch (error) {
      const instead = defaultRegion(partitionOfRegion(region))
      const isOff = isAwsError(error, 'AWS_REGION_DISABLED') && instead !== region
      if (!isOff || request.code !== undefined) throw error
      log.info('STS is turned off in the region; asking another', { region, instead })
      return { answer: await attempt({ ...request, region: instead }), region: instead }
    }
  }

  return {
    clockSkewMs: skew.ms,
    async getSessionToken({ credentials, region, endpoint, durationSeconds, mfa }) {
      const { answer } = await call({
        action: 'GetSessionToken',
        region,
        endpoint,
        credentials,
        ...(mfa === undefined ? {} : { code: mfa.code }),
        send: (client) =>
          client.send(
            new sdk.GetSessionTokenCommand({
              DurationSeconds: durationSeconds,
              ...(mfa === undefined ? {} : { SerialNumber: mfa.serial, TokenCode: mfa.code.expose() }),
            }),
          ),
      })
      return readIssued('GetSessionToken', answer.Credentials, skew.ms())
    },
    async assumeRole(request) {
      const { credentials, region, endpoint, mfa } = request
      const { answer } = await call({
        action: 'AssumeRole',
        region,
        endpoint,
        credentials,
        ...(mfa === undefined ? {} : { code: mfa.code }),
        send: (client) => client.send(new sdk.AssumeRoleCommand(assumeRoleInput(request))),
      })
      return readIssued('AssumeRole', answer.Credentials, skew.ms())
    },
    async getCallerIdentity({ credentials, region, endpoint }) {
      const { answer, region: asked } = await call({
        action: 'GetCallerIdentity',
        region,
        endpoint,
        credentials,
        send: (client) => client.send(new sdk.GetCallerIdentityCommand({})),
      })
      const { Account, Arn } = answer
      // Both are shown, and the account is a part of what every SDK reads.
      if (!isPrintable(Account) || !/^\d{12}$/.test(Account) || !isPrintable(Arn))
        throw new AwsError('AWS_BAD_RESPONSE', 'the answer to GetCallerIdentity names nobody')
      return { accountId: Account, arn: Arn, region: asked }
    },
  }
}

function sessionTokenOf(credentials: SigningCredentials): string {
  return 'sessionToken' in credentials ? credentials.sessionToken.expose() : ''
}
