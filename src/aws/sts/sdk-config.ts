import { rootCertificates } from 'node:tls'
import type { STSClientConfig } from '@aws-sdk/client-sts'
import type { SigningCredentials } from '../credentials.ts'

/** The helper that the AWS CLI runs gives up after 50 s: all three tries together end sooner, in ms. */
const connectTimeoutMs = 4_000

/** How a service of AWS is reached. */
export interface SdkReach {
  region: string
  credentials: SigningCredentials
  /** Absent: the endpoint of the region. */
  endpoint: string | undefined
  isFips?: boolean | undefined
  isDualStack?: boolean | undefined
  /** PEM certificates that are trusted in addition to the usual ones. */
  extraCa: string | undefined
  /** How long one try may take, in ms. */
  requestTimeoutMs: number
  retryStrategy: NonNullable<STSClientConfig['retryStrategy']>
  /** AWS's time minus ours, in ms. */
  systemClockOffset: number
  /** Carries the requests instead of node:http(s). */
  requestHandler?: STSClientConfig['requestHandler']
}

/** What is used of the AWS SDK: a module that the caller has loaded. */
export type AwsSdk = typeof import('./aws-sdk.ts')

/** What each client of the SDK is told, so that it looks nothing up in the environment and in `~/.aws`. */
export function sdkConfig(reach: SdkReach) {
  const { region, credentials, endpoint, extraCa, requestTimeoutMs, retryStrategy, systemClockOffset } = reach
  return {
    region,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey.expose(),
      ...('sessionToken' in credentials ? { sessionToken: credentials.sessionToken.expose() } : {}),
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: reach.isFips ?? false,
    useDualstackEndpoint: reach.isDualStack ?? false,
    authSchemePreference: ['sigv4'],
    userAgentAppId: 'latchkey',
    defaultsMode: 'standard',
    retryStrategy,
    disableClockSkewCorrection: false,
    systemClockOffset,
    requestHandler: reach.requestHandler ?? {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      socketTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpsAgent: {
        minVersion: 'TLSv1.2',
        // Set here because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn it off otherwise.
        rejectUnauthorized: true,
        ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
      },
    },
  } satisfies STSClientConfig
}
