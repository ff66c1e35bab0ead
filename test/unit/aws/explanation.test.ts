import { describe, expect, it } from 'vitest'
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
