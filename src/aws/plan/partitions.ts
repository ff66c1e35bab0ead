/** A part of AWS with its own accounts, ARNs and endpoints (AWS General Reference, "Partitions"). */
interface Partition {
  name: string
  /** Its regions begin with one of these; `aws` has the rest. */
  regionPrefixes: readonly string[]
  /** Where STS is asked when no region is set: never the global endpoint, whose tokens fail in opt-in regions. */
  defaultRegion: string
}

const partitions: readonly Partition[] = [
  { name: 'aws-cn', regionPrefixes: ['cn-'], defaultRegion: 'cn-north-1' },
  { name: 'aws-us-gov', regionPrefixes: ['us-gov-'], defaultRegion: 'us-gov-west-1' },
  { name: 'aws-eusc', regionPrefixes: ['eusc-'], defaultRegion: 'eusc-de-east-1' },
  { name: 'aws-iso', regionPrefixes: ['us-iso-'], defaultRegion: 'us-iso-east-1' },
  { name: 'aws-iso-b', regionPrefixes: ['us-isob-'], defaultRegion: 'us-isob-east-1' },
  { name: 'aws-iso-e', regionPrefixes: ['eu-isoe-'], defaultRegion: 'eu-isoe-west-1' },
  { name: 'aws-iso-f', regionPrefixes: ['us-isof-'], defaultRegion: 'us-isof-south-1' },
]
const commercial: Partition = { name: 'aws', regionPrefixes: [''], defaultRegion: 'us-east-1' }

/** What the names of the endpoints of a partition end in. */
export interface DnsSuffixes {
  plain: string
  dualStack: string
}

/** What the names of its endpoints end in (the SDK's partitions): of the usual ones, and of those with IPv6 as well. */
const suffixes: Readonly<Record<string, DnsSuffixes>> = {
  aws: { plain: 'amazonaws.com', dualStack: 'api.aws' },
  'aws-cn': { plain: 'amazonaws.com.cn', dualStack: 'api.amazonwebservices.com.cn' },
  'aws-us-gov': { plain: 'amazonaws.com', dualStack: 'api.aws' },
  'aws-eusc': { plain: 'amazonaws.eu', dualStack: 'api.amazonwebservices.eu' },
  'aws-iso': { plain: 'c2s.ic.gov', dualStack: 'api.aws.ic.gov' },
  'aws-iso-b': { plain: 'sc2s.sgov.gov', dualStack: 'api.aws.scloud' },
  'aws-iso-e': { plain: 'cloud.adc-e.uk', dualStack: 'api.cloud-aws.adc-e.uk' },
  'aws-iso-f': { plain: 'csp.hci.ic.gov', dualStack: 'api.aws.hci.ic.gov' },
}

/** All that latchkey knows. */
export const partitionNames: readonly string[] = [commercial, ...partitions].map(({ name }) => name)

/** The partition of a region: `aws` for `eu-central-1`, `aws-cn` for `cn-north-1`. */
export function partitionOfRegion(region: string): string {
  const special = partitions.find(({ regionPrefixes }) => regionPrefixes.some((prefix) => region.startsWith(prefix)))
  return (special ?? commercial).name
}

/** The first of `candidates` that is in the partition, else the partition's default region. */
export function regionIn(partition: string, candidates: readonly (string | undefined)[]): string {
  const fitting = candidates.find((region) => region !== undefined && partitionOfRegion(region) === partition)
  return fitting ?? defaultRegion(partition)
}

/** The region whose STS endpoint is always on. */
export function defaultRegion(partition: string): string {
  return (partitions.find(({ name }) => name === partition) ?? commercial).defaultRegion
}

/** Those of a partition; of `aws` for one that is not known. */
export function dnsSuffixes(partition: string): DnsSuffixes {
  return suffixes[partition] ?? suffixes.aws!
}

/** An IAM ARN in parts. */
export interface IamArn {
  partition: string
  accountId: string
  /** `role/team/Dev`, `mfa/jo`, `user/jo`, `assumed-role/Dev/jo`. */
  resource: string
}

/** Reads an ARN of IAM or STS, which have no region; undefined for anything else. */
export function parseIamArn(text: string): IamArn | undefined {
  const match = /^arn:(aws[\w-]*):(?:iam|sts)::(\d{12}):(.+)$/.exec(text)
  return match === null ? undefined : { partition: match[1]!, accountId: match[2]!, resource: match[3]! }
}
