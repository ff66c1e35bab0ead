import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError } from '../aws-error.ts'
import { ownEndpoint, sharedEndpoint } from '../config/endpoint-settings.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { planCredentials } from '../plan/credential-plan.ts'
import { dnsSuffixes, parseIamArn, partitionOfRegion } from '../plan/partitions.ts'
import { type StsEndpoint, urlMistake } from '../plan/sts-endpoint.ts'

/** Where EC2 is asked. */
export interface Ec2Endpoint {
  region: string
  /** How the profile wants it to be reached; absent: as usual. */
  endpoint: StsEndpoint | undefined
}

/**
 * Where EC2 is asked for a profile: in its own region, and at what the AWS files say of EC2 there. `endpoint_url` of
 * config.toml is about STS alone.
 * @param wanted a region in the place of the profile's, of the form of one
 * @throws {AwsError} AWS_PROFILE_…: there is no such profile, it has no region, or one of another partition
 */
export function ec2PlaceOf(
  { settings, shared }: { settings: AwsSettings; shared: SharedConfig },
  profile: string,
  wanted: string | undefined,
): Ec2Endpoint {
  const { last } = planCredentials(settings, shared, profile)
  const own = [settings.profiles, settings.sources].find((section) => Object.hasOwn(section, profile))?.[profile]
  const values = shared.profiles.get(profile)?.values ?? new Map<string, string>()
  const region = wanted ?? own?.region ?? values.get('region')
  if (region === undefined) {
    throw new AwsError('AWS_PROFILE_INVALID', `profile ${profile} has no region`, { hint: 'add --region REGION' })
  }
  const partition = parseIamArn(last.type === 'role' ? last.roleArn : (last.mfaSerial ?? ''))?.partition
  if (partition !== undefined && partition !== partitionOfRegion(region)) {
    throw new AwsError(
      'AWS_PROFILE_INVALID',
      `the credentials of profile ${profile} are good in the partition ${partition}, which ${region} does not belong to`,
      { hint: `add --region REGION; the way to them: latchkey aws explain ${shellWord(profile)}` },
    )
  }
  const { endpoint_url: _, ...flags } = own ?? {}
  return { region, endpoint: ownEndpoint(flags) ?? sharedEndpoint(shared, profile, values, 'ec2') }
}

/**
 * The address of EC2 in a region (EC2 endpoint rule set: GovCloud's usual endpoints are those with validated cryptography).
 * @param instead the server in its place, as the environment or the profile says
 * @throws {AwsError} AWS_REQUEST_INVALID: that is no address that a signed request may be sent to
 */
export function ec2Address({ region, endpoint }: Ec2Endpoint, instead: string | undefined): URL {
  if (instead !== undefined) {
    const mistake = urlMistake(instead)
    if (mistake === undefined) return new URL(instead)
    throw new AwsError('AWS_REQUEST_INVALID', `EC2 cannot be asked at an endpoint that is ${mistake}`, {
      hint: 'correct AWS_ENDPOINT_URL_EC2 or AWS_ENDPOINT_URL of the daemon, or endpoint_url of the profile',
    })
  }
  const partition = partitionOfRegion(region)
  const isMarked = endpoint?.isFips === true && partition !== 'aws-us-gov'
  const { plain, dualStack } = dnsSuffixes(partition)
  const suffix = endpoint?.isDualStack === true ? dualStack : plain
  return new URL(`https://ec2${isMarked ? '-fips' : ''}.${region}.${suffix}`)
}
