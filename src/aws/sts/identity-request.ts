import type { SigningCredentials } from '../credentials.ts'
import { type AwsSdk, sdkConfig } from './sdk-config.ts'
import { createSendAgain } from './send-again.ts'

/** What is signed, and as whom. */
export interface IdentityRequestOptions {
  sdk: AwsSdk
  credentials: SigningCredentials
  /** Absent: the global endpoint of STS. */
  region: string | undefined
  /** AWS_ENDPOINT_URL_STS. */
  endpoint: string | undefined
  /** Named in a header that is signed too. */
  serverId: string | undefined
  /** AWS's time minus ours, in ms. */
  systemClockOffset: number
}

/** What is signed for the global endpoint is signed for this region. */
const globalRegion = 'us-east-1'

/** What the SDK would have sent. */
interface OutgoingRequest {
  protocol: string
  hostname: string
  port?: number
  path: string
  headers: Readonly<Record<string, string>>
  body?: unknown
}

/**
 * A GetCallerIdentity that is signed by the SDK and handed out in the place of being sent: the server that it is for sends
 * it, and so learns whose it is.
 */
export async function signIdentityRequest(options: IdentityRequestOptions) {
  const { sdk, credentials, region, serverId, systemClockOffset } = options
  let outgoing: OutgoingRequest | undefined
  const caught = new Error('signed')
  const client = new sdk.STSClient(
    sdkConfig({
      region: region ?? globalRegion,
      credentials,
      endpoint: options.endpoint ?? (region === undefined ? 'https://sts.amazonaws.com' : undefined),
      extraCa: undefined,
      requestTimeoutMs: 1,
      retryStrategy: createSendAgain(true, () => 0),
      systemClockOffset,
      requestHandler: {
        async handle(request: OutgoingRequest) {
          outgoing = request
          throw caught
        },
      } as never,
    }),
  )
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string> }
      if (serverId !== undefined) request.headers['x-vault-aws-iam-server-id'] = serverId
      return next(args)
    },
    { step: 'build' },
  )
  try {
    await client.send(new sdk.GetCallerIdentityCommand({}))
  } catch (error) {
    if (outgoing === undefined) throw error
  }
  const { protocol, hostname, port, path, headers, body } = outgoing!
  return { url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`, body: String(body), headers }
}
