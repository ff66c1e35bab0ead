import { describe, expect, it } from 'vitest'
import type { AwsSettings } from '../../../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { ec2Address, ec2PlaceOf } from '../../../../src/aws/ec2/ec2-place.ts'
import { serverInstead } from '../../../../src/aws/plan/sts-endpoint.ts'

const none: AwsSettings = { profiles: {}, sources: {} }
const place = (lines: string, { region, settings = none }: { region?: string; settings?: AwsSettings } = {}) =>
  ec2PlaceOf({ settings, shared: parseSharedConfig({ config: `[profile p]\n${lines}\n` }) }, 'p', region)

/** Where a request goes. @param variable what the environment of the daemon names */
function urlOf(lines: string, variable?: string, settings = none) {
  const found = place(lines, { settings })
  return ec2Address(found, serverInstead(found.endpoint, variable)).href
}

describe('the place of EC2', () => {
  it.each([
    ['eu-central-1', '', 'https://ec2.eu-central-1.amazonaws.com/'],
    ['cn-north-1', '', 'https://ec2.cn-north-1.amazonaws.com.cn/'],
    ['us-gov-west-1', '', 'https://ec2.us-gov-west-1.amazonaws.com/'],
    ['us-gov-west-1', 'use_fips_endpoint = true', 'https://ec2.us-gov-west-1.amazonaws.com/'],
    ['us-east-1', 'use_fips_endpoint = true', 'https://ec2-fips.us-east-1.amazonaws.com/'],
    ['us-east-1', 'use_dualstack_endpoint = true', 'https://ec2.us-east-1.api.aws/'],
    ['eusc-de-east-1', '', 'https://ec2.eusc-de-east-1.amazonaws.eu/'],
    ['us-iso-east-1', '', 'https://ec2.us-iso-east-1.c2s.ic.gov/'],
  ])('in %s with %j is %s', (region, line, url) => {
    expect(urlOf(`region = ${region}\n${line}`)).toBe(url)
  })

  const sections = 'region = eu-west-1\nservices = s\nendpoint_url = http://127.0.0.1:1\n[services s]\n'
  it('is what the environment says, else the services section, else the profile', () => {
    const ours = `${sections}ec2 =\n  endpoint_url = http://127.0.0.1:2\n`
    expect(urlOf(ours, 'http://127.0.0.1:3')).toBe('http://127.0.0.1:3/')
    expect(urlOf(ours)).toBe('http://127.0.0.1:2/')
    expect(urlOf(`${sections}sts =\n  endpoint_url = http://127.0.0.1:4\n`)).toBe('http://127.0.0.1:1/')
  })

  it('is AWS itself for a profile that ignores endpoints', () => {
    const ours = 'region = eu-west-1\nendpoint_url = http://127.0.0.1:1\nignore_configured_endpoint_urls = true'
    expect(urlOf(ours, 'http://127.0.0.1:3')).toBe('https://ec2.eu-west-1.amazonaws.com/')
  })

  it('has nothing of the endpoint_url of config.toml, which is about STS', () => {
    const settings: AwsSettings = {
      profiles: {},
      sources: { p: { endpoint_url: 'http://127.0.0.1:1', use_fips_endpoint: false, region: 'us-east-1' } },
    }
    expect(urlOf('', undefined, settings)).toBe('https://ec2.us-east-1.amazonaws.com/')
    const fips = { profiles: {}, sources: { p: { use_fips_endpoint: true, region: 'us-east-1' } } }
    expect(urlOf('', undefined, fips)).toBe('https://ec2-fips.us-east-1.amazonaws.com/')
  })

  it('is in the region that is asked for, before that of the profile', () => {
    expect(place('region = eu-west-1', { region: 'eu-west-2' })).toEqual({ region: 'eu-west-2', endpoint: undefined })
  })

  it.each([
    ['', undefined, 'profile p has no region'],
    [
      'region = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = p',
      'cn-north-1',
      'the credentials of profile p are good in the partition aws, which cn-north-1 does not belong to',
    ],
    [
      'region = eu-west-1\nmfa_serial = arn:aws-us-gov:iam::123456789012:mfa/jo',
      undefined,
      'the credentials of profile p are good in the partition aws-us-gov, which eu-west-1 does not belong to',
    ],
  ])('is none for %j in %s', (lines, region, message) => {
    const asked = () => place(lines, region === undefined ? {} : { region })
    expect(asked).toThrow(expect.objectContaining({ code: 'AWS_PROFILE_INVALID', message }))
    expect(asked).toThrow(expect.objectContaining({ hint: expect.stringContaining('--region') }))
  })

  it('is in no region whose name would lead to another host', () => {
    const refused = expect.objectContaining({ code: 'AWS_PROFILE_INVALID' })
    expect(() => place('region = example.com/')).toThrow(refused)
  })

  it.each(['http://ec2.example.com', 'nonsense', 'https://jo@example.com', 'https://example.com/?x=1'])(
    'is not %s, to which no signed request goes',
    (url) => {
      expect(() => urlOf('region = eu-west-1', url)).toThrow(
        expect.objectContaining({ code: 'AWS_REQUEST_INVALID', hint: expect.stringContaining('AWS_ENDPOINT_URL_EC2') }),
      )
    },
  )
})
