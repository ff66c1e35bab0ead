import type { EndpointVariable } from '../aws/plan/sts-endpoint.ts'
import { type Environment, isSet } from '../core/places/environment.ts'

/**
 * What says where a service is asked, if not at its usual endpoint (AWS SDKs and Tools Reference Guide, "Service-specific
 * endpoints").
 */
export function awsEndpoint(
  environment: Environment,
  service: 'STS' | 'IAM' | 'ORGANIZATIONS' | 'EC2' | 'SIGNIN',
): EndpointVariable | undefined {
  for (const name of [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL']) {
    const url = environment[name]
    if (isSet(url)) return { name, url }
  }
  return undefined
}
