import { describe, expect, it } from 'vitest'
import { consolePage } from '../../../../src/aws/console/console-page.ts'

const place = { partition: 'aws', region: 'eu-west-1' }

describe('a page of the console', () => {
  it.each([
    [undefined, 'https://console.aws.amazon.com/console/home?region=eu-west-1'],
    ['s3', 'https://console.aws.amazon.com/s3/home?region=eu-west-1'],
    ['EC2', 'https://console.aws.amazon.com/ec2/home?region=eu-west-1'],
    ['dynamodb', 'https://console.aws.amazon.com/dynamodbv2/home?region=eu-west-1'],
    ['logs', 'https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups'],
    ['constructor', 'https://console.aws.amazon.com/constructor/home?region=eu-west-1'],
    ['/s3/buckets/mine', 'https://console.aws.amazon.com/s3/buckets/mine?region=eu-west-1'],
    ['s3/buckets/mine?tab=x', 'https://console.aws.amazon.com/s3/buckets/mine?tab=x&region=eu-west-1'],
    ['ec2/home?region=us-east-2#Instances:', 'https://console.aws.amazon.com/ec2/home?region=us-east-2#Instances:'],
    ['s3/mine?prefix=a%20b+c/&flag', 'https://console.aws.amazon.com/s3/mine?prefix=a%20b+c/&flag&region=eu-west-1'],
    ['console.aws.amazon.com/s3/home?x=%20', 'https://console.aws.amazon.com/s3/home?x=%20'],
    ['//eu-west-1.console.aws.amazon.com/s3/home', 'https://eu-west-1.console.aws.amazon.com/s3/home'],
    ['s3/buckets/a.b', 'https://console.aws.amazon.com/s3/buckets/a.b?region=eu-west-1'],
    ['/s3.x', 'https://console.aws.amazon.com/s3.x?region=eu-west-1'],
    ['https://console.aws.amazon.com/s3/home', 'https://console.aws.amazon.com/s3/home'],
    [
      'https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:',
      'https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:',
    ],
    [
      'https://123456789012-abcd1234.eu-west-1.console.aws.amazon.com/ec2/home',
      'https://eu-west-1.console.aws.amazon.com/ec2/home',
    ],
  ])('is found for %s', (given, page) => {
    expect(consolePage(place, given)).toBe(page)
  })

  it.each([
    ['aws-cn', 'https://console.amazonaws.cn/s3/home?region=cn-north-1', 'cn-north-1'],
    ['aws-us-gov', 'https://console.amazonaws-us-gov.com/s3/home?region=us-gov-west-1', 'us-gov-west-1'],
    ['aws-eusc', 'https://console.amazonaws-eusc.eu/s3/home?region=eusc-de-east-1', 'eusc-de-east-1'],
  ])('is where the console of %s is', (partition, page, region) => {
    expect(consolePage({ partition, region }, 's3')).toBe(page)
  })

  it.each([
    'https://evil.test/',
    '//evil.test/x',
    'evil.test/x',
    'console.aws.amazon.com.evil.test',
    'https://-abcdefgh.console.aws.amazon.com/',
    'https://eu-west-1-.console.aws.amazon.com/',
    'https://a..console.aws.amazon.com/',
    'https://123456789012-abcdefgh.-x.console.aws.amazon.com/',
    'https://console.aws.amazon.com.evil.test/',
    'https://evilconsole.aws.amazon.com/',
    'http://console.aws.amazon.com/',
    'https://console.aws.amazon.com:8443/',
    'https://jo@console.aws.amazon.com/',
    'https://console.amazonaws.cn/s3/home',
    'https://signin.aws.amazon.com/switchrole?account=1',
    'javascript:alert(1)',
    'https://',
  ])('is not %s', (given) => {
    expect(() => consolePage(place, given)).toThrow(
      expect.objectContaining({
        code: 'AWS_LINK_INVALID',
        message: 'this is not a page of the console at https://console.aws.amazon.com',
      }),
    )
  })

  it('is no longer than an address of the console', () => {
    const longest = `s3/${'a'.repeat(4093)}`
    expect(consolePage(place, longest)).toContain(longest)
    expect(() => consolePage(place, `${longest}a`)).toThrow(
      expect.objectContaining({ code: 'AWS_LINK_INVALID', message: 'the page is longer than 4096 characters' }),
    )
  })

  it('is not made up where nobody outside knows the console', () => {
    expect(() => consolePage({ partition: 'aws-iso', region: 'us-iso-east-1' })).toThrow(
      expect.objectContaining({
        code: 'AWS_PROFILE_UNSUPPORTED',
        hint: 'latchkey knows that of aws, aws-cn, aws-us-gov, aws-eusc',
      }),
    )
  })
})
