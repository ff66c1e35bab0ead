import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import type { AwsProfileSettings, AwsSettings } from '../../../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { type CredentialPlan, planCredentials } from '../../../../src/aws/plan/credential-plan.ts'
import { stepsTo } from '../../../../src/aws/plan/steps.ts'

const serial = 'arn:aws:iam::111122223333:mfa/jo'
const otherSerial = 'arn:aws:iam::111122223333:mfa/other'
const role = 'arn:aws:iam::123456789012:role/Dev'
const none: AwsSettings = { profiles: {}, sources: {} }

const own = (
  profiles: AwsSettings['profiles'],
  sources: AwsSettings['sources'] = { master: { mfa_serial: serial } },
) => ({
  profiles,
  sources,
})
const plan = (settings: AwsSettings, name: string, config = '') =>
  planCredentials(settings, parseSharedConfig({ config }), name)
const shared = (config: string, name: string) => plan(none, name, config)
const steps = ({ last }: CredentialPlan) => stepsTo(last)
const types = (made: CredentialPlan) => steps(made).map(({ type }) => type)
const roleSteps = (made: CredentialPlan) => steps(made).filter((step) => step.type === 'role')

function mistake(make: () => unknown): AwsError {
  try {
    make()
  } catch (error) {
    if (error instanceof AwsError) return error
  }
  throw new Error('it was accepted')
}

describe('a profile of config.toml', () => {
  it('is a key, an MFA session and a role', () => {
    const settings = own(
      {
        dev: {
          account: '123456789012',
          role: 'team/Dev',
          source: 'master',
          region: 'eu-central-1',
          external_id: 'ext',
        },
      },
      { master: { mfa_serial: serial, session_duration: 7200, region: 'eu-west-1' } },
    )
    const key = { type: 'key', source: 'master' }
    const session = {
      type: 'session',
      parent: key,
      cacheKey: expect.any(String) as string,
      source: 'master',
      mfaSerial: serial,
      durationSeconds: 7200,
      partition: 'aws',
      region: 'eu-west-1',
    }
    expect(plan(settings, 'dev')).toEqual({
      profile: 'dev',
      last: {
        type: 'role',
        parent: session,
        cacheKey: expect.any(String) as string,
        source: 'master',
        profile: 'dev',
        roleArn: 'arn:aws:iam::123456789012:role/team/Dev',
        accountId: '123456789012',
        externalId: 'ext',
        durationSeconds: 3600,
        region: 'eu-central-1',
      },
      notices: [],
    })
  })

  it('goes through another profile', () => {
    const settings = own({
      dev: { role, source: 'master' },
      deep: { role: 'arn:aws:iam::123456789012:role/Deep', source: 'dev', session_name: 'fixed' },
    })
    expect(roleSteps(plan(settings, 'deep'))).toMatchObject([
      { profile: 'dev' },
      { profile: 'deep', sessionName: 'fixed' },
    ])
  })

  it('takes the whole ARN, with its account beside it or not', () => {
    expect(roleSteps(plan(own({ dev: { role, source: 'master' } }), 'dev'))[0]).toMatchObject({ roleArn: role })
    expect(plan(own({ dev: { role, account: '123456789012', source: 'master' } }), 'dev').profile).toBe('dev')
    const error = mistake(() => plan(own({ dev: { role, account: '999999999999', source: 'master' } }), 'dev'))
    expect(error).toMatchObject({ code: 'AWS_PROFILE_INVALID' })
    expect(error.message).toContain('not in account')
  })

  it('needs an account where the role is only a name', () => {
    expect(mistake(() => plan(own({ dev: { role: 'Dev', source: 'master' } }), 'dev')).code).toBe('AWS_PROFILE_INVALID')
  })

  it('comes before a profile of the same name in ~/.aws/config, and takes its region from there where it has none', () => {
    const made = plan(
      own({ dev: { role, source: 'master' } }),
      'dev',
      '[profile dev]\nregion = ap-south-1\ncredential_process = latchkey aws credentials dev\n',
    )
    expect(made.last.region).toBe('ap-south-1')
    expect(roleSteps(made)).toHaveLength(1)
  })

  it('may be the source of a profile in ~/.aws/config', () => {
    const made = plan(own({}), 'app', `[profile app]\nrole_arn = ${role}\nsource_profile = master\n`)
    expect(types(made)).toEqual(['key', 'session', 'role'])
  })

  it('is itself a session where it is a source', () => {
    expect(types(plan(own({}), 'master'))).toEqual(['key', 'session'])
  })

  it('assumes the role with its key where the source has no MFA device', () => {
    const made = plan(own({ ci: { role, source: 'plain', duration: 14_400 } }, { plain: {} }), 'ci')
    expect(types(made)).toEqual(['key', 'role'])
    expect(roleSteps(made)[0]).toMatchObject({ durationSeconds: 14_400 })
    expect(made.notices).toEqual([])
  })

  it('is a session without MFA where it is a source without a device: the key itself is never the answer', () => {
    const { last } = plan(own({}, { plain: {} }), 'plain')
    expect(last).toEqual({
      type: 'session',
      parent: { type: 'key', source: 'plain' },
      cacheKey: expect.any(String) as string,
      source: 'plain',
      durationSeconds: 43_200,
      partition: 'aws',
      region: 'us-east-1',
    })
  })

  it('does not find what every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(mistake(() => plan(own({}), name)).code).toBe('AWS_PROFILE_UNKNOWN')
    }
  })
})

describe('a profile of ~/.aws/config', () => {
  const base = `[profile base]\nregion = eu-west-1\nmfa_serial = ${serial}\n`

  it('is read with all that it says', () => {
    const config = `${base}[profile app]\nrole_arn = ${role}\nsource_profile = base\nexternal_id = ext\nduration_seconds = 1800\nrole_session_name = me\nregion = eu-central-1\n`
    expect(steps(shared(config, 'app'))).toMatchObject([
      { type: 'key', source: 'base' },
      { type: 'session', mfaSerial: serial, durationSeconds: 43_200, region: 'eu-west-1' },
      {
        type: 'role',
        roleArn: role,
        externalId: 'ext',
        durationSeconds: 1800,
        sessionName: 'me',
        region: 'eu-central-1',
      },
    ])
  })

  it('may be its own source: then its own key is meant', () => {
    const made = shared(`[profile app]\nrole_arn = ${role}\nsource_profile = app\nmfa_serial = ${serial}\n`, 'app')
    expect(made.last.source).toBe('app')
    expect(types(made)).toEqual(['key', 'session', 'role'])
  })

  it('goes through a profile that is its own source', () => {
    const config = `[profile b]\nrole_arn = ${role}\nsource_profile = b\n[profile a]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = b\n`
    expect(steps(shared(config, 'a'))).toMatchObject([{ source: 'b' }, { profile: 'b' }, { profile: 'a' }])
  })

  it.each([
    ['the role', `[profile base]\n[profile app]\nrole_arn = ${role}\nsource_profile = base\nmfa_serial = ${serial}\n`],
    ['the source', `${base}[profile app]\nrole_arn = ${role}\nsource_profile = base\n`],
    [
      'the role, rather than of the source, as the AWS CLI has it',
      `[profile base]\nmfa_serial = ${otherSerial}\n[profile app]\nrole_arn = ${role}\nsource_profile = base\nmfa_serial = ${serial}\n`,
    ],
    [
      'a role further out, which can mean no other device',
      `[profile base]\n[profile mid]\nrole_arn = ${role}\nsource_profile = base\n[profile app]\nrole_arn = ${role}2\nsource_profile = mid\nmfa_serial = ${serial}\n`,
    ],
  ])('takes the serial of %s', (_, config) => {
    expect(steps(shared(config, 'app'))[1]).toMatchObject({ type: 'session', mfaSerial: serial })
  })

  it.each([
    ['sso_session = corp\nsso_account_id = 1', 'IAM Identity Center'],
    ['sso_start_url = https://x', 'IAM Identity Center'],
    ['role_arn = x\nweb_identity_token_file = /t', 'a web identity token'],
    ['role_arn = x\ncredential_source = Environment', 'this machine (credential_source Environment)'],
    ['login_session = x', 'a browser sign-in (login_session)'],
    ['credential_process = /usr/bin/other-tool x', 'another program (/usr/bin/other-tool)'],
  ])('is refused with its reason where it says %s', (lines, origin) => {
    const error = mistake(() => shared(`[profile x]\n${lines}\n`, 'x'))
    expect(error.code).toBe('AWS_PROFILE_UNSUPPORTED')
    expect(error.message).toContain(`profile x gets its credentials from ${origin}`)
    expect(error.hint).toContain('[aws.profile.x]')
  })

  it.each([
    ['role_arn without a source', `role_arn = ${role}`, 'role_arn without source_profile'],
    ['a source without role_arn', 'source_profile = y', 'source_profile without role_arn'],
    ['two sources', `role_arn = ${role}\nsource_profile = x\ncredential_source = Environment`, 'both source_profile'],
    ['a wrong role', 'role_arn = nonsense\nsource_profile = x', 'not a role ARN'],
    [
      'a duration out of bounds',
      `role_arn = ${role}\nsource_profile = x\nduration_seconds = 60`,
      'between 15m and 12h',
    ],
    ['a duration that is no number', `role_arn = ${role}\nsource_profile = x\nduration_seconds = 1h`, 'between 15m'],
    [
      'a wrong session name',
      `role_arn = ${role}\nsource_profile = x\nrole_session_name = a b`,
      'the session name is not',
    ],
    ['a wrong region', `role_arn = ${role}\nsource_profile = x\nregion = us east 1`, 'region is not'],
    ['a wrong external id', `role_arn = ${role}\nsource_profile = x\nexternal_id = a b`, 'external_id is not'],
    [
      'a serial of a security key',
      `role_arn = ${role}\nsource_profile = x\nmfa_serial = arn:aws:iam::111122223333:u2f/user/jo/key`,
      'mfa_serial is a security key',
    ],
    ['a wrong serial', `role_arn = ${role}\nsource_profile = x\nmfa_serial = 1`, 'mfa_serial is not'],
  ])('with %s is a mistake that is named', (_, lines, reason) => {
    const error = mistake(() => shared(`[profile x]\n${lines}\n`, 'x'))
    expect(error.code).toBe('AWS_PROFILE_INVALID')
    expect(error.message).toContain(reason)
    expect(error.hint).toMatch(/in the AWS config file|add an authenticator app/)
  })
})

it.each([
  ['app', `[profile base]\n[profile app]\nrole_arn = ${role}\nsource_profile = base\nmfa_serial = "${serial}"\n`],
  ['base', `[profile base]\nmfa_serial = "${serial}"\n[profile app]\nrole_arn = ${role}\nsource_profile = base\n`],
])('a wrong device is said to be of %s, where it stands', (name, config) => {
  expect(mistake(() => shared(config, 'app'))).toMatchObject({
    message: `profile ${name}: mfa_serial is not the ARN or the serial number of an MFA device`,
    hint: `correct ${name} in config.toml or in the AWS config file`,
  })
})

describe('a credential_process that is ours', () => {
  it('of the same name stands for the key of that name', () => {
    expect(shared('[profile base]\ncredential_process = latchkey aws credentials base\n', 'base').last.source).toBe(
      'base',
    )
  })

  it('of another name leads there without being run', () => {
    const config = '[profile app]\ncredential_process = /usr/bin/latchkey aws credentials dev\nregion = eu-north-1\n'
    const made = plan(own({ dev: { role, source: 'master' } }), 'app', config)
    expect(made).toMatchObject({ profile: 'app', last: { source: 'master', region: 'eu-north-1' } })
  })

  it('beside role_arn and source_profile does not matter', () => {
    const config = `[profile app]\nrole_arn = ${role}\nsource_profile = base\ncredential_process = latchkey aws credentials app\n[profile base]\n`
    expect(types(shared(config, 'app'))).toEqual(['key', 'role'])
  })

  it('that leads back is a circle, not a call of ourselves', () => {
    const config =
      '[profile a]\ncredential_process = latchkey aws credentials b\n[profile b]\ncredential_process = latchkey-credentials a\n'
    const error = mistake(() => shared(config, 'a'))
    expect(error).toMatchObject({ code: 'AWS_PROFILE_CYCLE', message: 'AWS profiles form a circle: a → b → a' })
  })
})

describe('a circle', () => {
  it.each([
    ['of two in config.toml', own({ a: { role, source: 'b' }, b: { role, source: 'a' } }), '', 'a → b → a'],
    ['of one in config.toml', own({ a: { role, source: 'a' } }), '', 'a → a'],
    [
      'further in',
      none,
      `[profile a]\nrole_arn = ${role}\nsource_profile = b\n[profile b]\nrole_arn = ${role}\nsource_profile = c\n[profile c]\nrole_arn = ${role}\nsource_profile = b\n`,
      'a → b → c → b',
    ],
  ])('%s is named', (_, settings, config, chain) => {
    const error = mistake(() => plan(settings, 'a', config))
    expect(error.code).toBe('AWS_PROFILE_CYCLE')
    expect(error.message).toContain(chain)
  })
})

describe('an unknown profile', () => {
  it('comes with the near names and the list', () => {
    const error = mistake(() => plan(own({ develop: { role, source: 'master' } }), 'devlop'))
    expect(error).toMatchObject({
      code: 'AWS_PROFILE_UNKNOWN',
      message: 'no AWS profile devlop: did you mean develop?',
      hint: 'latchkey aws profiles list',
    })
    expect(mistake(() => plan(own({}), 'zzzzzzzz')).message).toBe('no AWS profile zzzzzzzz')
  })

  it('is reported with the profile that names it', () => {
    const error = mistake(() =>
      shared(`[profile app]\nrole_arn = ${role}\nsource_profile = bsae\n[profile base]\n`, 'app'),
    )
    expect(error.message).toContain('profile app names bsae, which does not exist')
  })

  it('is explained where the config file lacks the word profile', () => {
    const error = mistake(() => shared('[dev]\nregion = x\n', 'dev'))
    expect(error.message).toContain('has it as [dev]')
    expect(error.hint).toBe('write [profile dev] there')
  })
})

describe('the terms of a role', () => {
  const config = `[profile base]\n[profile f]\nsource_identity = jo\n[profile app]\ninclude_profile = f\nrole_arn = ${role}\nsource_profile = base\nsession_tags = team = ops , env=x=y\ntransitive_session_tags = team,\n`

  it('are read from config.toml, and from the keys of aws-vault', () => {
    const terms = { tags: { team: 'ops', env: 'x=y' }, transitiveTags: ['team'], sourceIdentity: 'jo' }
    expect(roleSteps(shared(config, 'app'))[0]).toMatchObject({ terms })
    const toml = { session_tags: terms.tags, transitive_session_tags: ['team'], source_identity: 'jo', policy: '{}' }
    expect(roleSteps(plan(own({ p: { role, source: 'master', ...toml } }), 'p'))[0]).toMatchObject({
      terms: { ...terms, policy: '{}' },
    })
  })

  it.each([
    ['session_tags = team', 'session_tags is not key=value,key=value'],
    ['session_tags = a=1,A=2', 'profile app: session_tags.A: another tag'],
    ['source_identity = x', 'profile app: source_identity: not 2 to 64'],
    ['transitive_session_tags = nope', 'profile app: transitive_session_tags: nope, which'],
  ])('that AWS would not take are mistakes: %s', (lines, message) => {
    const wrong = `[profile base]\n[profile app]\nrole_arn = ${role}\nsource_profile = base\n${lines}\n`
    expect(mistake(() => shared(wrong, 'app'))).toMatchObject({
      code: 'AWS_PROFILE_INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('that cannot follow one another are a mistake of the outer role', () => {
    const settings = own({
      mid: { role, source: 'master', source_identity: 'jo' },
      p: { role: `${role}2`, source: 'mid', source_identity: 'al' },
    })
    expect(mistake(() => plan(settings, 'p')).message).toMatch(/^profile p: source_identity: not jo/)
  })
})

describe('a role in direct mode', () => {
  it('is assumed by the key, with the device beside it, for all of its duration', () => {
    const made = plan(own({ p: { role, source: 'master', duration: 43_200, mode: 'direct' } }), 'p')
    expect(steps(made)).toMatchObject([{ type: 'key' }, { type: 'role', mfaSerial: serial, durationSeconds: 43_200 }])
    expect(made.notices).toEqual([])
  })

  it('is not one that another role assumes', () => {
    const settings = own({ mid: { role, source: 'master' }, p: { role: `${role}2`, source: 'mid', mode: 'direct' } })
    expect(mistake(() => plan(settings, 'p')).message).toBe(
      'profile p: mode = "direct" needs a source with a long-term key, and mid is a role',
    )
  })
})

describe('durations', () => {
  it.each([
    [
      'an MFA session',
      own({ p: { role, source: 'master', duration: 14_400 } }),
      'p',
      'a role that an MFA session assumes',
      '; for all of it, with a code for this role alone: mode = "direct" in [aws.profile.p] of config.toml',
    ],
    [
      'another role',
      own({ q: { role, source: 'plain' }, p: { role, source: 'q', duration: 14_400 } }, { plain: {} }),
      'p',
      'a role that another role assumes',
      '',
    ],
  ])('beyond an hour are cut where %s assumes the role, and the log says why', (_, settings, name, reason, way) => {
    const made = plan(settings, name)
    expect(roleSteps(made).at(-1)).toMatchObject({ durationSeconds: 3600 })
    expect(made.notices).toEqual([`profile p: asked for 4h, but AWS limits ${reason} to 1h${way}`])
  })

  it('of a few minutes are kept, with a warning', () => {
    const made = plan(own({ p: { role, source: 'master', duration: 900 } }), 'p')
    expect(roleSteps(made)[0]).toMatchObject({ durationSeconds: 900 })
    expect(made.notices[0]).toContain('with a duration of 15m the AWS CLI asks again for each request')
  })

  it.each([
    [{ p: { role, source: 'master', duration: 43_201 } }, { master: {} }],
    [{ p: { role, source: 'master', duration: 899 } }, { master: {} }],
    [{ p: { role, source: 'master' } }, { master: { session_duration: 129_601 } }],
  ])('that AWS never gives are mistakes %#', (profiles: Record<string, AwsProfileSettings>, sources) => {
    expect(mistake(() => plan(own(profiles, sources), 'p')).code).toBe('AWS_PROFILE_INVALID')
  })
})

describe('partitions and regions', () => {
  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['eu-central-1', 'aws'],
  ])('a role name in %s is in %s', (region, partition) => {
    const settings = own({ p: { account: '123456789012', role: 'R', source: 's', region } }, { s: {} })
    expect(roleSteps(plan(settings, 'p'))[0]).toMatchObject({
      roleArn: `arn:${partition}:iam::123456789012:role/R`,
      region,
    })
  })

  it('come from the device where no region is written', () => {
    const settings = own(
      { p: { account: '123456789012', role: 'R', source: 's' } },
      { s: { mfa_serial: 'arn:aws-cn:iam::111122223333:mfa/jo' } },
    )
    expect(steps(plan(settings, 'p'))).toMatchObject([
      {},
      { partition: 'aws-cn', region: 'cn-north-1' },
      { roleArn: 'arn:aws-cn:iam::123456789012:role/R', region: 'cn-north-1' },
    ])
  })

  it('come from the role where the device has only a serial number', () => {
    const settings = own(
      { p: { role: 'arn:aws-us-gov:iam::123456789012:role/R', source: 's' } },
      { s: { mfa_serial: 'GAHT12345678' } },
    )
    expect(steps(plan(settings, 'p'))[1]).toMatchObject({ partition: 'aws-us-gov', region: 'us-gov-west-1' })
  })

  it.each([
    [
      'the device',
      own({ p: { role: 'arn:aws-cn:iam::123456789012:role/R', source: 'master' } }),
      'profile p: the role is in partition aws-cn, but the MFA device of master is in aws',
    ],
    [
      'the role that assumes it',
      own(
        {
          mid: { role: 'arn:aws-us-gov:iam::123456789012:role/R', source: 's' },
          p: { role: 'arn:aws:iam::123456789012:role/R', source: 'mid' },
        },
        { s: {} },
      ),
      'profile p: the role is in partition aws, but the role of mid is in aws-us-gov',
    ],
  ])('are no way from one to another: a role outside of that of %s is refused', (_, settings, message) => {
    const error = mistake(() => plan(settings, 'p'))
    expect(error).toMatchObject({ code: 'AWS_PROFILE_INVALID', message })
  })

  it('never lead to an endpoint of another partition', () => {
    const settings = own(
      { p: { role: 'arn:aws-cn:iam::123456789012:role/R', source: 's', region: 'eu-west-1' } },
      { s: {} },
    )
    expect(roleSteps(plan(settings, 'p'))[0]).toMatchObject({ region: 'cn-north-1' })
  })
})

describe('what does not count as it is written', () => {
  it('is reported: roots of its own', () => {
    const config = `[profile base]\nca_bundle = /x.pem\n[profile app]\nrole_arn = ${role}\nsource_profile = base\n`
    expect(shared(config, 'app').notices).toEqual([
      'profile base: ca_bundle is not used: NODE_EXTRA_CA_CERTS of the daemon names more roots',
    ])
  })

  it('is reported: a profile of config.toml that ~/.aws/config defines differently', () => {
    const config = `[profile dev]\nregion = eu-west-1\nrole_arn = ${role}2\nsource_profile = base\n`
    expect(plan(own({ dev: { role, source: 'master' } }), 'dev', config).notices).toEqual([
      'profile dev: role_arn, source_profile in the AWS config file does not count: config.toml has the profile too',
    ])
  })

  it('is reported: a value that both AWS files have', () => {
    const files = {
      config: '[profile x]\nregion = a-b-1\noutput = json\n',
      credentials: '[x]\nregion = eu-west-1\noutput = json\n',
    }
    expect(planCredentials(none, parseSharedConfig(files), 'x').notices).toEqual([
      'profile x: region in the AWS credentials file counts, not the other value in the AWS config file',
    ])
  })

  it('is not reported for the block that latchkey writes', () => {
    const config = '[profile dev]\nregion = eu-west-1\ncredential_process = latchkey aws credentials dev\n'
    expect(plan(own({ dev: { role, source: 'master' } }), 'dev', config).notices).toEqual([])
  })
})

describe('the cache key of a step', () => {
  const settings = own({ p: { role, source: 'master' } })
  const keyOf = (profile: Partial<AwsProfileSettings>, sources = settings.sources) =>
    plan(own({ p: { role, source: 'master', ...profile } }, sources), 'p').last.cacheKey
  const plain = keyOf({})

  it('is the same for the same inputs', () => {
    expect(keyOf({})).toBe(plain)
    expect(plain).toMatch(/^master\/[0-9a-f]{32}$/)
  })

  it.each([
    ['the role', keyOf({ role: `${role}2` })],
    ['the external id', keyOf({ external_id: 'ext' })],
    ['a written session name', keyOf({ session_name: 'me' })],
    ['a tag', keyOf({ session_tags: { team: 'ops' } })],
    ['a source identity', keyOf({ source_identity: 'jo' })],
    ['a policy', keyOf({ policy: '{}' })],
    ['direct mode', keyOf({ mode: 'direct' })],
    ['a managed policy', keyOf({ policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })],
    ['the duration', keyOf({ duration: 1800 })],
    ['the device', keyOf({}, { master: { mfa_serial: otherSerial } })],
    ['the lack of a device', keyOf({}, { master: {} })],
    ['the session duration', keyOf({}, { master: { mfa_serial: serial, session_duration: 900 } })],
    ['the source', keyOf({ source: 'other' }, { other: { mfa_serial: serial } })],
  ])('changes with %s', (_, key) => {
    expect(key).not.toBe(plain)
  })

  it('tells tags that stay from others, and another value, and not their order', () => {
    const tags = { a: '1', b: '2' }
    const keys = [
      keyOf({ session_tags: tags }),
      keyOf({ session_tags: tags, transitive_session_tags: ['a'] }),
      keyOf({ session_tags: tags, transitive_session_tags: ['a', 'b'] }),
      keyOf({ session_tags: { a: '2', b: '1' } }),
      keyOf({ session_tags: { a: '1' }, source_identity: '2b' }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keyOf({ session_tags: { b: '2', a: '1' }, transitive_session_tags: ['b', 'a'] })).toBe(keys[2])
  })

  it('of a role without any of these is what it was', () => {
    expect(plain).toBe('master/8b5c3c563889bd92e3cfc26a6206984d')
    expect(keyOf({ session_tags: {}, policy_arns: [] })).toBe(plain)
  })

  it('does not change with the region, so that roles of several regions share one session', () => {
    expect(keyOf({ region: 'eu-west-1' })).toBe(plain)
  })

  it('begins with the source, whatever its name, and is another one for each step', () => {
    const made = plan(own({ p: { role, source: 'a/b c' } }, { 'a/b c': { mfa_serial: serial } }), 'p')
    const keys = steps(made).flatMap((step) => (step.type === 'key' ? [] : [step.cacheKey]))
    expect(keys).toEqual([expect.stringMatching(/^a%2Fb%20c\//), expect.stringMatching(/^a%2Fb%20c\//)])
    expect(new Set(keys).size).toBe(2)
  })

  it('is the one under which sessions were stored before, or everyone would be asked for a code', () => {
    const session = plan(own({}), 'master').last
    expect(session.cacheKey).toBe('master/b80f5ed1dcadab1ebb98c6e9f781115d')
  })
})
