import { isUsual, type StsEndpoint } from '../plan/sts-endpoint.ts'
import { invalid } from './profile-link.ts'
import type { ServicesSection } from './services-section.ts'
import type { AwsSourceSettings } from './settings.ts'
import type { SharedConfig } from './shared-config.ts'

/**
 * How a profile of the AWS files wants a service to be reached, as botocore reads it (ConfiguredEndpointProvider): what the
 * section that `services` names has for it, else `endpoint_url`; neither with `ignore_configured_endpoint_urls`, nor what the
 * environment says.
 * @throws {AwsError} AWS_PROFILE_INVALID: there is no such section
 */
export function sharedEndpoint(
  shared: SharedConfig,
  name: string,
  values: ReadonlyMap<string, string>,
  service: keyof ServicesSection = 'sts',
): StsEndpoint | undefined {
  const isOn = (key: string) => values.get(key)?.toLowerCase() === 'true'
  const kind = { isFips: isOn('use_fips_endpoint'), isDualStack: isOn('use_dualstack_endpoint') }
  if (isOn('ignore_configured_endpoint_urls')) return { ...kind, ignoresEnvironment: true }
  return unlessUsual({ url: urlOf(shared, name, values, service), ...kind })
}

/** The same of config.toml: whatever a section says there counts for all three. */
export function ownEndpoint(
  settings: Pick<AwsSourceSettings, 'endpoint_url' | 'use_fips_endpoint' | 'use_dualstack_endpoint'>,
): StsEndpoint | undefined {
  const { endpoint_url: url, use_fips_endpoint: isFips = false, use_dualstack_endpoint: isDualStack = false } = settings
  return unlessUsual({ url, isFips, isDualStack })
}

function urlOf(
  { services }: SharedConfig,
  name: string,
  values: ReadonlyMap<string, string>,
  service: keyof ServicesSection,
): string | undefined {
  const section = values.get('services')
  if (section !== undefined && !services.has(section)) {
    throw invalid(
      name,
      `its services section ${section} does not exist`,
      `write [services ${section}] in the AWS config file, or take services out of ${name}`,
    )
  }
  return (section === undefined ? undefined : services.get(section)?.[service]) ?? values.get('endpoint_url')
}

function unlessUsual(endpoint: StsEndpoint): StsEndpoint | undefined {
  return isUsual(endpoint) ? undefined : endpoint
}
