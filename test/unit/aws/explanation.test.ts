import { describe, expect, it } from 'vitest'
import type { EndpointVariable } from '../../../src/aws/plan/sts-endpoint.ts'
import { deepRole, devRole, person, rejection, serial, usualSettings, world } from '../../support/aws-world.ts'

describe('the explanation of a profile', () => {
  it('shows what is held and what is missing, and calls nothing', async () => {
    const { aws, sts, asked, key } = await world()
    const { steps } = await aws.explain('deep')
    expect(steps).toEqual([
      {
        type: 'key',
        what: 'access key of master',
        details: [`AKIA…${key.accessKeyId.slice(-4)}`],
        state: 'held',
      },
      {
        type: 'session',
        what: 'MFA session of master',
        details: ['for 12h, from STS in eu-central-1', `device ${serial}`],
        state: 'missing',
        hint: 'latchkey aws login deep',
      },
      {
        type: 'role',
        what: `role ${devRole}`,
        details: ['profile dev', 'for 1h, from STS in eu-central-1', 'session name: the name of the user'],
        state: 'when-needed',
      },
      {
        type: 'role',
        what: `role ${deepRole}`,
        details: ['profile deep', 'for 1h, from STS in eu-central-1', 'session name: the name of the user'],
        state: 'when-needed',
      },
    ])
    expect([asked.length, sts.calls.length]).toEqual([0, 0])
    await aws.credentials('deep', person)
    const calls = sts.calls.length
    expect((await aws.explain('deep')).steps.map(({ state, expiresAt }) => [state, expiresAt === undefined])).toEqual([
      ['held', true],
      ['held', false],
      ['held', false],
      ['held', false],
    ])
    expect(sts.calls).toHaveLength(calls)
  })

  it('says what a role is assumed with, where, and by what', async () => {
    const policyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    const long = {
      role: devRole,
      source: 'master',
      mode: 'direct' as const,
      duration: 14_400,
      external_id: 'ext',
      session_name: 'me',
      source_identity: 'jo',
      session_tags: { team: 'ops', env: 'x' },
      transitive_session_tags: ['team'],
      policy: '{}',
      policy_arns: [policyArn],
      use_fips_endpoint: true,
    }
    const { aws } = await world({ settings: { ...usualSettings, profiles: { long } } })
    const [, role] = (await aws.explain('long')).steps
    expect(role).toMatchObject({
      state: 'missing',
      details: [
        'profile long',
        'for 4h, from STS in us-east-1 (FIPS)',
        `by the access key and a code of its own, mode = "direct": device ${serial}`,
        'external id: ext',
        'session name: me',
        'source identity: jo',
        'session tags: team=ops (transitive), env=x',
        `narrowed by: policy, ${policyArn}`,
      ],
    })
  })

  describe('where STS is asked', () => {
    const at = async (line: string, stsVariable?: EndpointVariable) => {
      const config = `[profile p]\nrole_arn = ${devRole}\nsource_profile = master\nregion = eu-west-1\n${line}\n`
      const { aws } = await world({ shared: { config }, ...(stsVariable === undefined ? {} : { stsVariable }) })
      const { steps, notices } = await aws.explain('p')
      const shown = steps.flatMap(({ details }) => details.flatMap((each) => /from STS (.*)$/.exec(each)?.[1] ?? []))
      return { shown: [...new Set(shown)], notices }
    }
    const variable = { name: 'AWS_ENDPOINT_URL_STS', url: 'https://env.example.com' }

    it.each([
      ['', 'in eu-west-1'],
      ['endpoint_url = https://own.example.com', 'at https://own.example.com'],
      ['use_fips_endpoint = true\nuse_dualstack_endpoint = true', 'in eu-west-1 (FIPS, dual-stack)'],
      ['endpoint_url = https://own.example.com\nignore_configured_endpoint_urls = true', 'in eu-west-1'],
    ])('is what the profile says: %j', async (line, shown) => {
      expect(await at(line)).toEqual({ shown: [shown], notices: [] })
    })

    it('is what the environment of the daemon says, before the profile', async () => {
      const shown = ['at https://env.example.com (AWS_ENDPOINT_URL_STS)']
      const before = 'AWS_ENDPOINT_URL_STS in the environment of the daemon'
      expect(await at('', variable)).toEqual({ shown, notices: [] })
      expect(await at(`endpoint_url = ${variable.url}`, variable)).toEqual({ shown, notices: [] })
      expect(await at('endpoint_url = https://own.example.com', variable)).toEqual({
        shown,
        notices: [`the endpoint https://own.example.com does not count: ${before} comes before it`],
      })
      for (const key of ['use_fips_endpoint', 'use_dualstack_endpoint'])
        expect(await at(`${key} = true`, variable)).toEqual({
          shown,
          notices: [`${key} picks an endpoint of AWS: nothing is sent with ${before}`],
        })
    })

    it('is AWS where the profile ignores the environment', async () => {
      const ignores = 'ignore_configured_endpoint_urls = true'
      expect(await at(ignores, variable)).toEqual({ shown: ['in eu-west-1'], notices: [] })
      expect(await at(`${ignores}\nuse_fips_endpoint = true`, variable)).toEqual({
        shown: ['in eu-west-1 (FIPS)'],
        notices: [],
      })
    })

    it('is told without the password that a variable may have', async () => {
      const { shown } = await at('', { name: 'AWS_ENDPOINT_URL', url: 'https://jo:pw@env.example.com/x' })
      expect(shown).toEqual(['at https://env.example.com/x (AWS_ENDPOINT_URL)'])
    })
  })

  it('says that a key is missing, and passes on what the plan says', async () => {
    const settings = {
      sources: { other: { mfa_serial: serial } },
      profiles: { p: { role: devRole, source: 'other', duration: 7200 } },
    }
    const { aws } = await world({ settings })
    const { steps, notices } = await aws.explain('p')
    expect(steps[0]).toMatchObject({ state: 'missing', hint: 'latchkey aws keys add other' })
    expect(notices).toEqual([expect.stringContaining('mode = "direct" in [aws.profile.p]')])
  })

  it('does not take a locked keychain for an empty one', async () => {
    const { aws, keychain } = await world()
    keychain.lock()
    const { steps } = await aws.explain('dev')
    expect(steps.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'when-needed'])
  })

  it('of a profile with a mistake is the mistake', async () => {
    const { aws } = await world()
    expect(await rejection(aws.explain('nope'))).toMatchObject({ code: 'AWS_PROFILE_UNKNOWN' })
  })
})
