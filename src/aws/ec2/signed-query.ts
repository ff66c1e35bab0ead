import type { SigningCredentials } from '../credentials.ts'
import { type AwsSdk, sdkConfig } from '../sts/sdk-config.ts'
import { createSendAgain } from '../sts/send-again.ts'

/** A call of the query protocol, and as whom it is signed. */
export interface QuerySigning {
  sdk: AwsSdk
  credentials: SigningCredentials
  region: string
  address: URL
  /** The fields of the form. */
  body: string
  /** By AWS's clock, in ms since the epoch. */
  atMs: number
}

/** Signs a call of EC2 with the signer of the SDK that is loaded for STS: EC2's own client is 18 MB. @returns the headers */
export async function signQuery(signing: QuerySigning): Promise<Readonly<Record<string, string>>> {
  const { sdk, credentials, region, address, body, atMs } = signing
  const client = new sdk.STSClient(
    sdkConfig({
      region,
      credentials,
      // It sends nothing.
      endpoint: address.origin,
      extraCa: undefined,
      requestTimeoutMs: 1,
      retryStrategy: createSendAgain(true, () => 0),
      systemClockOffset: 0,
    }),
  )
  try {
    const signer = await client.config.signer({
      name: 'sigv4',
      signingName: 'ec2',
      signingRegion: region,
      properties: {},
    })
    const { headers } = await signer.sign(
      {
        method: 'POST',
        protocol: address.protocol,
        hostname: address.hostname,
        path: address.pathname,
        query: {},
        headers: { host: address.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body,
      },
      { signingDate: new Date(atMs) },
    )
    return headers
  } finally {
    client.destroy()
  }
}
