import { partitionOfRegion } from '../plan/partitions.ts'

/** By partition, without the region that may stand before it (the AWS CLI's endpoint rules of `signin`, 2023-01-01). */
const signInHosts: Readonly<Record<string, string>> = {
  aws: 'signin.aws.amazon.com',
  'aws-cn': 'signin.amazonaws.cn',
  'aws-us-gov': 'signin.amazonaws-us-gov.com',
  'aws-eusc': 'signin.amazonaws-eusc.eu',
  'aws-iso': 'signin.c2shome.ic.gov',
  'aws-iso-b': 'signin.sc2shome.sgov.gov',
  'aws-iso-e': 'signin.csphome.adc-e.uk',
  'aws-iso-f': 'signin.csphome.hci.ic.gov',
}

/** The host on which people of a partition sign in; that of `aws` for one that is not known. */
export function signInHost(partition: string): string {
  return signInHosts[partition] ?? signInHosts.aws!
}

/** The partition of a sign-in host, with or without a region of that partition before it; undefined for any other host. */
export function partitionOfSignInHost(host: string): string | undefined {
  const found = Object.entries(signInHosts).find(([, known]) => host === known || host.endsWith(`.${known}`))
  if (found === undefined) return undefined
  const [partition, known] = found
  const region = host.slice(0, -known.length - 1)
  if (region === '') return host === known ? partition : undefined
  return /^[a-z]+(-[a-z]+)+-\d+$/.test(region) && partitionOfRegion(region) === partition ? partition : undefined
}
