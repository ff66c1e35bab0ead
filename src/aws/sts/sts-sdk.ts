import { rootCertificates } from 'node:tls'
import type { Credentials, STSClient, STSClientConfig } from '@aws-sdk/client-sts'
import type { Clock } from '../../core/clock.ts'
import { isPrintable } from '../../core/display-text.ts'
import type { Logger } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import type { SessionCredentials, SigningCredentials } from '../credentials.ts'
import { defaultRegion, partitionOfRegion } from '../plan/partitions.ts'
import { boundAnswers } from './bounded-answer.ts'
import type { StsClient } from './sts-client.ts'
import { toAwsError } from './sts-errors.ts'

/** The AWS CLI's helper gives up after 50 s: all tries together end before, in ms. */
const connectTimeoutMs = 4_000
const defaultRequestTimeoutMs = 10_000
const maxAttempts = 3
/** AWS takes no request whose time is further from its own, in ms (SigV4, "Request timestamp"). */
const longestUnseenSkewMs = 15 * 60_000
/** A clock that is wrong by less does no harm, in ms; the `Date` header has whole seconds. */
const tolerableSkewMs = 30_000

/** What each answer of the SDK tells about itself. */
interface Answer {
  $metadata: { attempts?: number }
}

/** What is used of the AWS SDK: the module that whoever calls has loaded. */
export type AwsSdk = typeof import('./aws-sdk.ts')

/** What the adapter is told, because it looks nothing up itself. */
export interface StsSdkOptions {
  sdk: AwsSdk
  clock: Clock
  log: Logger
  /** AWS_ENDPOINT_URL_STS. Absent: the regional endpoint of each request's region. */
  endpoint?: string | undefined
  /** PEM certificates that are trusted beside the usual ones. */
  extraCa?: string | undefined
  /** How long one try may take; 10 000 unless said. */
  requestTimeoutMs?: number
  /** Carries the requests instead of node:http(s). */
  requestHandler?: STSClientConfig['requestHandler']
}

/**
 * STS through the AWS SDK. The SDK is told everything that it would otherwise look up in the environment and in
 * `~/.aws`: this daemon is what those files point at.
 */
export function createStsSdk(options: StsSdkOptions): StsClient {
  const { sdk, clock, log, endpoint, extraCa, requestHandler, requestTimeoutMs = defaultRequestTimeoutMs } = options

  /** AWS's time minus ours in ms, as of the last answer. */
  let skewMs = 0

  const clientFor = (region: string, credentials: SigningCredentials) =>
    new sdk.STSClient({
      region,
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.expose(),
        ...('sessionToken' in credentials ? { sessionToken: credentials.sessionToken.expose() } : {}),
      },
      ...(endpoint === undefined ? {} : { endpoint }),
      ignoreConfiguredEndpointUrls: true,
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      authSchemePreference: ['sigv4'],
      userAgentAppId: 'latchkey',
      defaultsMode: 'standard',
      retryMode: 'standard',
      maxAttempts,
      disableClockSkewCorrection: false,
      systemClockOffset: skewMs,
      requestHandler: requestHandler ?? {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: requestTimeoutMs,
        socketTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
        httpsAgent: {
          minVersion: 'TLSv1.2',
          // Said here because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn it off otherwise.
          rejectUnauthorized: true,
          ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
        },
      },
    })

  /**
   * @param measuredMs by the Date of the last answer
   * @param isRefused a request that was signed with the skew known until now was not taken
   */
  const noteSkew = (measuredMs: number, isRefused: boolean) => {
    // AWS took a request that was signed by another clock than this Date tells: it is that of a proxy.
    if (!isRefused && Math.abs(measuredMs - skewMs) > longestUnseenSkewMs) return
    if (Math.abs(measuredMs) > tolerableSkewMs && Math.abs(measuredMs - skewMs) > tolerableSkewMs) {
      log.warn('the clock of this machine is not that of AWS; corrected', { seconds: Math.round(measuredMs / 1000) })
    }
    skewMs = Math.abs(measuredMs) > tolerableSkewMs ? measuredMs : 0
  }

  interface Call<T extends Answer> {
    action: string
    region: string
    credentials: SigningCredentials
    code?: Secret<string>
    send(client: STSClient): Promise<T>
  }

  const attempt = async <T extends Answer>({ action, region, credentials, code, send }: Call<T>): Promise<T> => {
    const client = clientFor(region, credentials)
    const server = endpoint === undefined ? `STS in ${region}` : `STS at ${new URL(endpoint).host}`
    boundAnswers(client, { server, timeoutMs: requestTimeoutMs }, clock)
    try {
      const answer = await send(client)
      noteSkew(client.config.systemClockOffset, answer.$metadata.attempts !== 1)
      return answer
    } catch (error) {
      const failure = toAwsError({
        error,
        action,
        endpoint: server,
        secrets: [credentials.secretAccessKey.expose(), sessionTokenOf(credentials), code?.expose() ?? ''],
      })
      noteSkew(client.config.systemClockOffset, isAwsError(failure, 'AWS_CLOCK_SKEW'))
      throw failure
    } finally {
      // With its connections: AWS would close them before the next call, half an hour later.
      client.destroy()
    }
  }

  const call = async <T extends Answer>(request: Call<T>): Promise<T> => {
    try {
      return await attempt(request)
    } catch (error) {
      const fallback = defaultRegion(partitionOfRegion(request.region))
      if (!isAwsError(error, 'AWS_REGION_DISABLED') || fallback === request.region) throw error
      log.info('STS is turned off in the region; asking another', { region: request.region, instead: fallback })
      return attempt({ ...request, region: fallback })
    }
  }

  const issued = (action: string, credentials: Credentials | undefined): SessionCredentials => {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {}
    // AWS's own are letters, digits and signs; they go into headers and on to terminals.
    const expiresAtMs = (Expiration?.getTime() ?? Number.NaN) - skewMs
    if (
      !isPrintable(AccessKeyId) ||
      !isPrintable(SecretAccessKey) ||
      !isPrintable(SessionToken) ||
      Number.isNaN(expiresAtMs)
    ) {
      throw new AwsError('AWS_BAD_RESPONSE', `the answer to ${action} holds no whole credentials`)
    }
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: new Secret(SecretAccessKey),
      sessionToken: new Secret(SessionToken),
      // Whoever uses them compares the expiry with the clock of this machine.
      expiresAtMs,
    }
  }

  return {
    async getSessionToken({ credentials, region, durationSeconds, mfa }) {
      const answer = await call({
        action: 'GetSessionToken',
        region,
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
      return issued('GetSessionToken', answer.Credentials)
    },
    async assumeRole({ credentials, region, roleArn, sessionName, durationSeconds, externalId }) {
      const answer = await call({
        action: 'AssumeRole',
        region,
        credentials,
        send: (client) =>
          client.send(
            new sdk.AssumeRoleCommand({
              RoleArn: roleArn,
              RoleSessionName: sessionName,
              DurationSeconds: durationSeconds,
              ...(externalId === undefined ? {} : { ExternalId: externalId }),
            }),
          ),
      })
      return issued('AssumeRole', answer.Credentials)
    },
    async getCallerIdentity({ credentials, region }) {
      const { Account, Arn } = await call({
        action: 'GetCallerIdentity',
        region,
        credentials,
        send: (client) => client.send(new sdk.GetCallerIdentityCommand({})),
      })
      // Both are shown, and the account is a part of what every SDK reads.
      if (!isPrintable(Account) || !/^\d{12}$/.test(Account) || !isPrintable(Arn))
        throw new AwsError('AWS_BAD_RESPONSE', 'the answer to GetCallerIdentity names nobody')
      return { accountId: Account, arn: Arn }
    },
  }
}

function sessionTokenOf(credentials: SigningCredentials): string {
  return 'sessionToken' in credentials ? credentials.sessionToken.expose() : ''
}
