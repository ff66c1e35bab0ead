import { expect, it } from 'vitest'
import { defaultRegion, parseIamArn, partitionOfRegion, regionIn } from '../../../../src/aws/plan/partitions.ts'

it.each([
  ['eu-central-1', 'aws'],
  ['us-east-1', 'aws'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['cn-north-1', 'aws-cn'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-west-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['us-isof-south-1', 'aws-iso-f'],
])('%s is in %s', (region, partition) => {
  expect(partitionOfRegion(region)).toBe(partition)
})

it('has a default region in each partition that is itself in the partition', () => {
  for (const partition of [
    'aws',
    'aws-cn',
    'aws-us-gov',
    'aws-eusc',
    'aws-iso',
    'aws-iso-b',
    'aws-iso-e',
    'aws-iso-f',
  ]) {
    expect(partitionOfRegion(defaultRegion(partition))).toBe(partition)
  }
})

it('picks the first region that fits the partition', () => {
  expect(regionIn('aws', [undefined, 'cn-north-1', 'eu-west-1', 'us-east-2'])).toBe('eu-west-1')
  expect(regionIn('aws-cn', ['eu-west-1', undefined])).toBe('cn-north-1')
})

it('reads ARNs of IAM and STS and nothing else', () => {
  expect(parseIamArn('arn:aws-us-gov:iam::111122223333:role/team/Dev')).toEqual({
    partition: 'aws-us-gov',
    accountId: '111122223333',
    resource: 'role/team/Dev',
  })
  expect(parseIamArn('arn:aws:sts::111122223333:assumed-role/Dev/jo')).toMatchObject({
    resource: 'assumed-role/Dev/jo',
  })
  for (const other of ['GAHT12345678', 'arn:aws:s3:::bucket', 'arn:aws:iam::1:role/x', 'arn:aws:iam::111122223333:']) {
    expect(parseIamArn(other)).toBeUndefined()
  }
})
