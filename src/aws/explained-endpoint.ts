import type { DerivedStep } from './plan/steps.ts'
import { type EndpointVariable, serverInstead } from './plan/sts-endpoint.ts'

/**
 * Where STS is asked for a step, in words: the region, or the server in its place.
 * @param variable of the environment of the daemon
 */
export function describeSts({ region, endpoint }: DerivedStep, variable: EndpointVariable | undefined): string {
  const server = serverInstead(endpoint, variable?.url)
  if (server !== undefined) {
    const by = server === variable?.url ? ` (${variable.name})` : ''
    return `at ${withoutUser(server)}${by}`
  }
  const kind = [endpoint?.isFips ? 'FIPS' : '', endpoint?.isDualStack ? 'dual-stack' : ''].filter((text) => text !== '')
  return `in ${region}${kind.length === 0 ? '' : ` (${kind.join(', ')})`}`
}

/** What a profile says of the endpoint, and does not count beside a variable of the environment of the daemon. */
export function endpointNotices({ endpoint }: DerivedStep, variable: EndpointVariable | undefined): string[] {
  if (endpoint === undefined || variable === undefined || endpoint.ignoresEnvironment) return []
  const { url, isFips, isDualStack } = endpoint
  const before = `${variable.name} in the environment of the daemon`
  return [
    ...(url === undefined || url === variable.url
      ? []
      : [`the endpoint ${url} does not count: ${before} comes before it`]),
    ...(isFips || isDualStack
      ? [
          `${isFips ? 'use_fips_endpoint' : 'use_dualstack_endpoint'} picks an endpoint of AWS: nothing is sent with ${before}`,
        ]
      : []),
  ]
}

/** What a variable says is not checked, and may have a password in it. */
function withoutUser(address: string): string {
  return address.replace(/\/\/[^/]*@/, '//')
}
