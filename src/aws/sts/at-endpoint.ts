import type { StsEndpoint } from '../plan/sts-endpoint.ts'
import type { StsClient } from './sts-client.ts'

/** A client whose every request goes to an endpoint, for callers that need not know of it. */
export function atEndpoint(client: StsClient, endpoint: StsEndpoint | undefined): StsClient {
  if (endpoint === undefined) return client
  return {
    getSessionToken: (request) => client.getSessionToken({ ...request, endpoint }),
    assumeRole: (request) => client.assumeRole({ ...request, endpoint }),
    clockSkewMs: client.clockSkewMs,
    getCallerIdentity: (request) => client.getCallerIdentity({ ...request, endpoint }),
  }
}
