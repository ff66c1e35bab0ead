import type { Ec2Client } from '../aws/ec2/ec2-client.ts'
import { createEc2Client } from '../aws/ec2/ec2-sdk.ts'
import type { IamClient } from '../aws/iam/iam-client.ts'
import { createIamSdk } from '../aws/iam/iam-sdk.ts'
import type { OrganizationsClient } from '../aws/organizations/organizations-client.ts'
import { createOrganizationsSdk } from '../aws/organizations/organizations-sdk.ts'
import { signIdentityRequest } from '../aws/sts/identity-request.ts'
import type { AwsSdk } from '../aws/sts/sdk-config.ts'
import type { StsClient } from '../aws/sts/sts-client.ts'
import { createStsSdk } from '../aws/sts/sts-sdk.ts'
import { once } from '../core/calls/once.ts'
import type { Logger } from '../core/log.ts'
import type { Environment } from '../core/places/environment.ts'
import type { Clock } from '../core/time/clock.ts'
import { awsEndpoint } from './aws-endpoint.ts'
import type { ExtraCa } from './config/extra-ca.ts'
import type { SignIdentity } from './identity-signer.ts'

/** The services of AWS that the daemon calls. */
export interface AwsClients {
  sts: StsClient
  iam: IamClient
  organizations: OrganizationsClient
  ec2: Ec2Client
  signIdentity: SignIdentity
}

/** What the clients are made with. */
export interface AwsClientsDeps {
  extraCa: ExtraCa
  environment: Environment
  clock: Clock
  random: () => number
  log: Logger
  loadSdk: () => Promise<AwsSdk>
}

/**
 * The clients, made anew when the certificates that are trusted have changed. The AWS SDK is loaded when it is first
 * needed: most of the memory that it takes is not needed before.
 */
export function awsClientsFor({ extraCa, environment, loadSdk, ...deps }: AwsClientsDeps): () => Promise<AwsClients> {
  let held: { ca: string | undefined; clients: () => Promise<AwsClients> } | undefined
  return () => {
    const ca = extraCa.current()
    if (held === undefined || held.ca !== ca) held = { ca, clients: once(() => load(ca)) }
    return held.clients()
  }

  async function load(ca: string | undefined): Promise<AwsClients> {
    const sdk = await loadSdk()
    const endpoint = awsEndpoint(environment, 'STS')?.url
    const sts = createStsSdk({ ...deps, sdk, endpoint, extraCa: ca })
    return {
      sts,
      signIdentity: (request) =>
        signIdentityRequest({ ...request, sdk, endpoint, systemClockOffset: sts.clockSkewMs() }),
      iam: createIamSdk({ ...deps, sdk, endpoint: awsEndpoint(environment, 'IAM')?.url, extraCa: ca }),
      organizations: createOrganizationsSdk({
        ...deps,
        sdk,
        endpoint: awsEndpoint(environment, 'ORGANIZATIONS')?.url,
        extraCa: ca,
      }),
      ec2: createEc2Client({ ...deps, sdk, endpoint: awsEndpoint(environment, 'EC2')?.url, extraCa: ca }),
    }
  }
}
