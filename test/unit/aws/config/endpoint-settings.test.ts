import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import type { AwsSettings } from '../../../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { planCredentials } from '../../../../src/aws/plan/credential-plan.ts'
import { stepsTo } from '../../../../src/aws/plan/steps.ts'
import type { StsEndpoint } from '../../../../src/aws/plan/sts-endpoint.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { createStsSdk, type StsSdkOptions } from '../../../../src/aws/sts/sts-sdk.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { awsEndpoint } from '../../../../src/daemon/aws-endpoint.ts'
import { rejection } from '../../../support/aws-world.ts'

interface EndpointCase {
  title: string
  profile: string
  config: string
  environment?: Readonly<Record<string, string>>
  /** Recorded by test/vectors/aws-config/record-endpoints.py; null: it refuses the profile. */
  botocore: string | null
  ours?: string | null
  why?: string
}

const cases = JSON.parse(
  readFileSync(new URL('../../../vectors/aws-config/endpoints.json', import.meta.url), 'utf8'),
) as readonly EndpointCase[]

const none: AwsSettings = { profiles: {}, sources: {} }
const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('long-term-secret') }
const role = 'arn:aws:iam::123456789012:role/Dev'

/** The cache key of a source with a line more. @param stsServer what the environment of the daemon names */
const baseKey = (line: string, stsServer?: string) =>
  planCredentials(
    { ...none, ...(stsServer === undefined ? {} : { stsServer }) },
    parseSharedConfig({ config: `[profile base]\n${line}\n` }),
    'base',
  ).last.cacheKey

/** Where the SDK sends a request. */
async function urlOf(endpoint: StsEndpoint | undefined, options: Partial<StsSdkOptions> = {}, region = 'eu-central-1') {
  const urls: string[] = []
  const requestHandler: StsSdkOptions['requestHandler'] = {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async ({ protocol, hostname, port, path }: Record<'protocol' | 'hostname' | 'port' | 'path', string>) => {
      urls.push(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`.replace(/\/$/, ''))
      throw Object.assign(new Error('caught'), { code: 'ECONNREFUSED' })
    },
  }
  const clock = createSystemClock(process.uptime)
  const sts = createStsSdk({ sdk, clock, random: () => 0, log: silentLogger, requestHandler, ...options })
  const error = await rejection(sts.getCallerIdentity({ credentials: key, region, endpoint }))
  return { url: urls[0], error }
}

const plan = (config: string, name: string, settings = none) =>
  planCredentials(settings, parseSharedConfig({ config }), name)
const endpointsOf = (config: string, name: string, settings = none) =>
  stepsTo(plan(config, name, settings).last).flatMap((step) => (step.type === 'key' ? [] : [step.endpoint?.url]))

function refusal(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    if (error instanceof AwsError) return error.message
  }
  throw new Error('it was accepted')
}

describe('STS is asked where botocore asks it', () => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', async (_, each) => {
    const { config, profile, environment = {}, botocore, ours } = each
    const expected = ours === undefined ? botocore : ours
    const options = { endpoint: awsEndpoint(environment, 'STS')?.url }
    if (expected === null) expect(() => plan(config, profile)).toThrow(AwsError)
    else expect((await urlOf(plan(config, profile).last.endpoint, options)).url).toBe(expected)
  })

  it('except where there is a reason', () => {
    expect(cases.filter(({ ours }) => ours !== undefined).map(({ why }) => typeof why)).toEqual(['string'])
  })
})

describe('the endpoint of the profile that is asked for', () => {
  const config = `[profile base]\nendpoint_url = https://base.example.com\n[profile app]\nrole_arn = ${role}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/jo\nendpoint_url = https://app.example.com\n[profile plain]\nrole_arn = ${role}\nsource_profile = base\n[profile alias]\ncredential_process = latchkey aws credentials app\n`

  it('counts for all of the way, and that of a source does not', () => {
    expect(endpointsOf(config, 'app')).toEqual(['https://app.example.com', 'https://app.example.com'])
    expect(endpointsOf(config, 'plain')).toEqual([undefined])
    expect(endpointsOf(config, 'base')).toEqual(['https://base.example.com'])
  })

  it('is that of the profile that an alias leads to, where the alias has none', () => {
    expect(endpointsOf(config, 'alias')[0]).toBe('https://app.example.com')
    const own = `${config}endpoint_url = https://alias.example.com\n`
    expect(endpointsOf(own, 'alias')[0]).toBe('https://alias.example.com')
  })

  it('is that of config.toml, else that of the block in the AWS files', () => {
    const block =
      '[profile dev]\ncredential_process = latchkey aws credentials dev\nendpoint_url = https://block.example.com\n'
    const dev = { role, source: 'm' }
    const of = (more: object) => ({ sources: { m: {} }, profiles: { dev: { ...dev, ...more } } })
    expect(endpointsOf(block, 'dev', of({}))).toEqual(['https://block.example.com'])
    expect(endpointsOf(block, 'dev', of({ endpoint_url: 'https://own.example.com' }))).toEqual([
      'https://own.example.com',
    ])
    expect(plan(block, 'dev', of({ use_fips_endpoint: true })).last.endpoint).toEqual({
      isFips: true,
      isDualStack: false,
    })
  })

  it('is a part of the cache key where it is another server, and not where it is one of AWS', () => {
    const keyOf = (line: string) => {
      const { last } = plan(
        `[profile base]\n[profile app]\nrole_arn = ${role}\nsource_profile = base\n${line}\n`,
        'app',
      )
      return [last.cacheKey, last.type]
    }
    const sourceKey = (line: string) => plan(`[profile base]\n${line}\n`, 'base').last.cacheKey
    expect(keyOf('use_fips_endpoint = true')).toEqual(keyOf(''))
    expect(keyOf('endpoint_url = https://x.example.com')).not.toEqual(keyOf(''))
    expect(sourceKey('use_dualstack_endpoint = true')).toBe(sourceKey(''))
    expect(sourceKey('endpoint_url = https://x.example.com')).not.toBe(sourceKey(''))
    expect(sourceKey('endpoint_url = https://x.example.com/')).toBe(sourceKey('endpoint_url = https://X.example.com'))
  })

  it.each([
    'https://sts.amazonaws.com',
    'https://sts.eu-central-1.amazonaws.com',
    'https://sts-fips.us-east-1.amazonaws.com',
    'https://sts.cn-north-1.amazonaws.com.cn',
    'https://sts.eu-central-1.api.aws',
    'https://vpce-0a1b-2c3d.sts.eu-central-1.vpce.amazonaws.com',
  ])('is AWS itself by another name, which costs no code: %s', (url) => {
    expect(baseKey(`endpoint_url = ${url}`)).toBe(baseKey(''))
    expect(baseKey('', url)).toBe(baseKey(''))
  })

  it.each(['https://ec2-1-2-3-4.compute.amazonaws.com', 'https://sts.amazonaws.com.example.com', 'https://sts.aws'])(
    'is another server, though its name has something of AWS: %s',
    (url) => {
      expect(baseKey(`endpoint_url = ${url}`)).not.toBe(baseKey(''))
    },
  )

  it('is the same server of this machine after that was started on another port', () => {
    expect(baseKey('', 'http://127.0.0.1:4001')).toBe(baseKey('', 'http://127.0.0.1:4002'))
    expect(baseKey('', 'http://127.0.0.1:4001')).not.toBe(baseKey(''))
    expect(baseKey('', 'https://x.example.com:1')).not.toBe(baseKey('', 'https://x.example.com:2'))
  })

  it('costs a code only where it counts, beside a variable of the environment', () => {
    const variable = 'https://env.example.com'
    const [aws, there] = [baseKey(''), baseKey('', variable)]
    expect(there).not.toBe(aws)
    expect(baseKey('endpoint_url = https://x.example.com', variable)).toBe(there)
    expect(baseKey('endpoint_url = https://env.example.com')).toBe(there)
    // Where a variable names another server, this one does not go there; where none does, it says nothing.
    expect(baseKey('ignore_configured_endpoint_urls = true', variable)).toBe(aws)
    expect(baseKey('ignore_configured_endpoint_urls = true')).toBe(aws)
  })

  it.each([
    ['http://sts.example.com', /neither https nor of this machine/],
    ['https://jo:pw@sts.example.com', /user name/],
    ['https://sts.example.com/?x=1', /more than a path/],
    ['sts.example.com', /not an address/],
    ['ftp://127.0.0.1', /neither https/],
  ])('may not be %s', (url, reason) => {
    const message = refusal(() => plan(`[profile p]\nendpoint_url = ${url}\n`, 'p'))
    expect(message).toMatch(reason)
    expect(message).not.toContain('pw')
  })

  it.each(['http://127.0.0.1:4566', 'http://[::1]:1', 'http://localhost'])('may be %s', (url) => {
    expect(endpointsOf(`[profile p]\nendpoint_url = ${url}\n`, 'p')).toEqual([url])
  })
})

describe('an endpoint of AWS that there is not', () => {
  it('is refused where the daemon has another one, and nothing is sent', async () => {
    const endpoint = { isFips: true, isDualStack: false }
    const { url, error } = await urlOf(endpoint, { endpoint: 'http://127.0.0.1:1' })
    expect(url).toBeUndefined()
    expect(error).toMatchObject({
      code: 'AWS_REQUEST_INVALID',
      message: expect.stringContaining('FIPS and custom endpoint are not supported'),
      hint: expect.stringContaining('AWS_ENDPOINT_URL_STS'),
    })
  })

  it('is named where it cannot be reached', async () => {
    const { url, error } = await urlOf({ isFips: true, isDualStack: false })
    expect(url).toBe('https://sts-fips.eu-central-1.amazonaws.com')
    expect(error.message).toContain('cannot reach the FIPS endpoint of STS in eu-central-1')
  })

  it('of the environment comes before that of a profile', async () => {
    const { url } = await urlOf(
      { url: 'https://p.example.com', isFips: false, isDualStack: false },
      { endpoint: 'http://127.0.0.1:1' },
    )
    expect(url).toBe('http://127.0.0.1:1')
  })
})
