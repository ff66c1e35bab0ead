import { describe, expect, it } from 'vitest'
import { findAll } from '../../../../src/aws/check/check.ts'
import type { CheckFacts, FileProfile, UserKey } from '../../../../src/aws/check/check-facts.ts'

const nowMs = Date.UTC(2026, 5, 1)
const dayMs = 86_400_000
const id = 'AKIAIOSFODNN7EXAMPLE'
const temporary = 'ASIAIOSFODNN7EXAMPLE'
const jo = 'arn:aws:iam::111122223333:user/team/jo'
const serial = 'arn:aws:iam::111122223333:mfa/jo'

const clean: CheckFacts = {
  nowMs,
  paths: { config: '/a/config', credentials: '/a/credentials' },
  latchkey: '/opt/latchkey',
  profiles: [],
  mistakes: { config: [], credentials: [] },
  stray: { config: [], credentials: [] },
  programFaults: new Map(),
  environment: { isGiven: false, others: [] },
  listed: [{ name: 'dev', definedIn: 'aws-files', keyOf: 'master' }],
  sources: [],
  stored: [],
  keyed: new Set(['master']),
  users: [],
  roles: [],
}

const profile = (more: Partial<FileProfile>): FileProfile => ({ name: 'dev', keys: [], origins: [], ...more })
const own = { type: 'own', programs: ['/opt/latchkey'], profile: 'dev' } as const
const find = (facts: Partial<CheckFacts>) => findAll({ ...clean, ...facts })
const short = (facts: Partial<CheckFacts>) => find(facts).map(({ rule, what, mend }) => [rule, what, mend])

it('finds nothing where all is well', () => {
  const facts: Partial<CheckFacts> = {
    profiles: [profile({ helper: own }), profile({ name: 'sso', origins: ['sso_session'] })],
    listed: [
      { name: 'dev', definedIn: 'config.toml', source: 'master', keyOf: 'master' },
      { name: 'master', definedIn: 'config.toml' },
      { name: 'sso', definedIn: 'aws-files' },
    ],
    sources: [{ source: 'master', mfaSerial: serial, withoutMfa: [] }],
    stored: [{ source: 'master', accessKeyId: id }],
    users: [
      {
        source: 'master',
        arn: jo,
        maxKeyAgeMs: 90 * dayMs,
        devices: [serial],
        keys: [
          { accessKeyId: id, isActive: true, createdAtMs: nowMs - 90 * dayMs, use: { type: 'used', atMs: nowMs } },
        ],
      },
    ],
    roles: [{ profile: 'dev', roleArn: 'arn:r', open: [] }],
    environment: { accessKeyId: temporary, isGiven: true, others: [] },
  }
  expect(find(facts)).toEqual([])
})

describe('plaintext-key', () => {
  it('is a long-term key in one of the files of the AWS tools', () => {
    const keys = [{ file: 'credentials', accessKeyId: id, isTemporary: false }] as const
    expect(find({ profiles: [profile({ name: 'a b', keys })] })).toEqual([
      {
        rule: 'plaintext-key',
        severity: 'error',
        what: 'profile a b has a long-term key in plain text',
        evidence: ['/a/credentials: AKIA…MPLE'],
        mend: "latchkey aws keys import --profile 'a b'",
      },
    ])
  })

  it('is not a temporary one, of which nothing is left soon', () => {
    const keys = [{ file: 'credentials', accessKeyId: temporary, isTemporary: true }] as const
    expect(find({ profiles: [profile({ keys })] })).toEqual([])
  })

  it('is what looks like one', () => {
    expect(find({ stray: { config: [], credentials: [3, 7] } })).toMatchObject([
      { rule: 'plaintext-key', evidence: ['lines 3, 7'], mend: 'take it out of /a/credentials' },
    ])
  })
})

describe('environment-key', () => {
  it('is a long-term key in the environment, which shadows latchkey as well', () => {
    const found = find({ environment: { accessKeyId: id, isGiven: false, others: [] } })
    expect(found.map(({ rule }) => rule)).toEqual(['environment-key', 'shadowed-helper'])
    expect(found[0]).toMatchObject({
      evidence: ['AWS_ACCESS_KEY_ID: AKIA…MPLE'],
      mend: expect.stringContaining('latchkey aws keys import FILE') as string,
    })
    expect(find({ environment: { accessKeyId: id, isGiven: true, others: [] } })).toHaveLength(1)
  })
})

describe('shadowed-helper', () => {
  it.each([
    ['credentials', 'no tool asks latchkey'],
    ['config', 'the SDKs for JavaScript and Go do not ask latchkey'],
  ] as const)('is a key in the %s file beside latchkey', (file, words) => {
    const keys = [{ file, accessKeyId: temporary, isTemporary: true }]
    expect(find({ profiles: [profile({ keys, helper: own })] })).toMatchObject([
      { rule: 'shadowed-helper', severity: 'error', what: expect.stringContaining(words) as string },
    ])
  })

  it('is mended by an import where the key is a long-term one', () => {
    const keys = [{ file: 'credentials', accessKeyId: id, isTemporary: false }] as const
    const [, second] = find({ profiles: [profile({ keys, helper: own })] })
    expect(second).toMatchObject({ rule: 'shadowed-helper', mend: 'latchkey aws keys import --profile dev' })
  })

  it('is not a key beside another program, or beside none', () => {
    const keys = [{ file: 'credentials', accessKeyId: temporary, isTemporary: true }] as const
    expect(
      find({ profiles: [profile({ keys }), profile({ keys, helper: { type: 'foreign', programs: ['x'] } })] }),
    ).toEqual([])
  })

  it('is what the environment has, unless it was given by exec', () => {
    const environment = { accessKeyId: temporary, isGiven: false, others: ['AWS_WEB_IDENTITY_TOKEN_FILE'] }
    expect(find({ environment })).toMatchObject([
      {
        rule: 'shadowed-helper',
        evidence: ['AWS_ACCESS_KEY_ID', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
        mend: 'unset AWS_ACCESS_KEY_ID AWS_WEB_IDENTITY_TOKEN_FILE AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN',
      },
    ])
    expect(find({ environment: { ...environment, isGiven: true } })).toEqual([])
  })
})

it('mixed-profile is credential_process beside other keys for credentials', () => {
  expect(find({ profiles: [profile({ helper: own, origins: ['role_arn', 'source_profile'] })] })).toMatchObject([
    { rule: 'mixed-profile', evidence: ['/a/config: role_arn, source_profile'] },
  ])
})

describe('helper-missing', () => {
  const programFaults = new Map([['/x', '/x does not exist']])

  it('is a path of ours where there is nothing', () => {
    expect(find({ profiles: [profile({ helper: { ...own, programs: ['/x'] } })], programFaults })).toMatchObject([
      {
        rule: 'helper-missing',
        evidence: ['/a/config: /x does not exist'],
        mend: 'write into its section: credential_process = /opt/latchkey aws credentials dev',
      },
    ])
  })

  it('is mended for the profile that the line asks for', () => {
    const alias = profile({ name: 'hm', helper: { ...own, programs: ['/x'] } })
    expect(find({ profiles: [alias], programFaults })).toMatchObject([
      { mend: 'write into its section: credential_process = /opt/latchkey aws credentials dev' },
    ])
  })

  it('is that of another program', () => {
    const helper = { type: 'foreign', programs: ['/x'] } as const
    expect(find({ profiles: [profile({ helper })], programFaults })).toMatchObject([
      { mend: 'install that program, or take credential_process out of the profile' },
    ])
  })
})

describe('refused-file', () => {
  it('is a file that botocore does not read, with the lines that are wrong', () => {
    const mistakes = { config: [{ line: 7, what: 'is not UTF-8' }], credentials: [] }
    expect(find({ mistakes })).toEqual([
      {
        rule: 'refused-file',
        severity: 'error',
        what: 'the AWS CLI and boto3 refuse all of /a/config, and so every profile',
        evidence: ['line 7 is not UTF-8'],
        mend: 'correct these lines of /a/config',
      },
    ])
  })

  it('names ten lines at most', () => {
    const credentials = Array.from({ length: 12 }, (_, at) => ({ line: at + 1, what: 'is not UTF-8' }))
    const [found] = find({ mistakes: { config: [], credentials } })
    expect(found!.evidence).toHaveLength(11)
    expect(found!.evidence.at(-1)).toBe('2 more lines')
  })
})

describe('unserved-profile', () => {
  const asking = (name: string, asked: string) =>
    profile({ name, helper: { type: 'own', programs: ['/opt/latchkey'], profile: asked } })
  const inAwsFiles = (name: string, more: object = {}) => ({ name, definedIn: 'aws-files', ...more }) as const
  const { listed: mine } = clean
  const write = (name: string) => `write into its section: credential_process = /opt/latchkey aws credentials ${name}`

  it('asks for a profile that there is not', () => {
    const listed = [...mine, inAwsFiles('a b')]
    expect(find({ listed, profiles: [asking('a b', 'nosuch')] })).toEqual([
      {
        rule: 'unserved-profile',
        severity: 'error',
        what: 'profile a b asks latchkey for a profile that does not exist',
        evidence: ['/a/config: it asks for nosuch'],
        mend: 'name one of latchkey aws profiles list in its section, or take its section out of /a/config',
      },
    ])
  })

  it('asks for one whose configuration is wrong', () => {
    const listed = [...mine, inAwsFiles('x'), inAwsFiles('half')]
    expect(find({ listed, profiles: [asking('x', 'half')] })).toMatchObject([
      { what: expect.stringContaining('is wrong') as string, mend: 'latchkey aws explain half' },
    ])
  })

  it('runs latchkey in vain', () => {
    const listed = [...mine, inAwsFiles('alias'), inAwsFiles('lone')]
    const wrong = (name: string, asked?: string) => {
      const profileOf = asked === undefined ? {} : { profile: asked }
      const programs = ['/opt/latchkey']
      return profile({ name, helper: { type: 'own', programs, ...profileOf, mistake: 'is no good' } })
    }
    expect(find({ listed, profiles: [wrong('dev', 'nosuch'), wrong('alias', 'dev'), wrong('lone')] })).toMatchObject([
      {
        rule: 'unserved-profile',
        severity: 'error',
        what: 'profile dev runs latchkey so that it gets no credentials',
        evidence: ['/a/config: credential_process is no good'],
        mend: write('dev'),
      },
      { mend: write('dev') },
      { mend: write('lone') },
    ])
  })

  it('is one of config.toml whose block asks for another one', () => {
    const listed = [...mine, { name: 'prod', definedIn: 'config.toml', keyOf: 'master' } as const]
    expect(find({ listed, profiles: [asking('prod', 'dev')] })).toMatchObject([
      {
        what: 'profile prod gets the credentials of another one',
        evidence: ['/a/config: it asks for dev, not for prod'],
        mend: write('prod'),
      },
    ])
  })

  it('is what is left of a profile that is gone', () => {
    const listed = [...mine, inAwsFiles('gone', { keyOf: 'gone' }), inAwsFiles('alias', { keyOf: 'gone' })]
    const profiles = [asking('gone', 'gone'), asking('alias', 'gone')]
    const mend = (remove: string) => `latchkey aws keys add gone; if it is of no use any more: ${remove}`
    expect(find({ listed, profiles })).toMatchObject([
      { rule: 'unserved-profile', mend: mend('latchkey aws profiles remove gone') },
      { rule: 'unserved-profile', mend: mend('take its section out of /a/config') },
    ])
    expect(find({ listed, profiles, keyed: new Set(['gone']) })).toEqual([])
    const keys = [{ file: 'credentials', accessKeyId: temporary, isTemporary: true }] as const
    const [shadowed, ...others] = find({ listed, profiles: [{ ...profiles[0]!, keys }, profiles[1]!] })
    expect([shadowed!.rule, others]).toEqual(['shadowed-helper', []])
  })

  it('may be another name for one that there is, a role of the AWS files, or a source without a key', () => {
    const role = inAwsFiles('role', { keyOf: 'role', roleArn: 'arn:r' })
    const bare = { name: 'bare', definedIn: 'config.toml', keyOf: 'bare' } as const
    const listed = [...mine, inAwsFiles('alias', { keyOf: 'master' }), role, bare]
    const profiles = [asking('dev', 'dev'), asking('alias', 'dev'), asking('role', 'role'), asking('bare', 'bare')]
    expect(find({ listed, profiles })).toEqual([])
  })
})

it('missing-block is a role of config.toml that the AWS tools do not know, or get from elsewhere', () => {
  const role = { definedIn: 'config.toml', source: 'master', keyOf: 'master' } as const
  const listed = ['a', 'b', 'c', 'd'].map((name) => ({ name, ...role }))
  const profiles = [profile({ name: 'c' }), profile({ name: 'd', helper: { ...own, profile: 'd' } })]
  expect(find({ listed, profiles })).toMatchObject([
    { evidence: ['a', 'b'], mend: 'latchkey aws profiles list --block >> /a/config' },
    { mend: 'write into its section: credential_process = /opt/latchkey aws credentials c' },
  ])
  expect(find({ listed, profiles, missingFolder: '/a b' })[0]!.mend).toBe(
    "mkdir -p -m 700 '/a b' && latchkey aws profiles list --block >> /a/config",
  )
})

describe('no-mfa', () => {
  const giveDevice = 'latchkey aws mfa enroll master'
  const withDevices = (...devices: string[]) => [{ source: 'master', arn: jo, maxKeyAgeMs: 90 * dayMs, devices }]

  it('is a source without a device', () => {
    const sources = [{ source: 'master', withoutMfa: ['dev', 'prod'] }]
    expect(find({ sources })).toMatchObject([
      { rule: 'no-mfa', evidence: ['without a code: dev, prod'], mend: giveDevice },
    ])
    expect(find({ sources, users: withDevices() })).toMatchObject([{ mend: giveDevice }])
  })

  it('is not one without a key, with which nothing can be done', () => {
    const sources = [{ source: 'master', withoutMfa: ['dev'] }]
    expect(find({ sources, keyed: new Set() })).toEqual([])
    expect(find({ sources: [{ ...sources[0]!, mfaSerial: serial }], keyed: new Set() })).toHaveLength(1)
  })

  it('is a device that the configuration does not name, be it the only one with codes', () => {
    const sources = [{ source: 'master', withoutMfa: [] }]
    const key = 'arn:aws:iam::111122223333:u2f/user/jo/key'
    const [sms, token] = ['arn:aws:iam::111122223333:sms-mfa/jo', 'GAHT12345678']
    const mendsOf = (...devices: string[]) => find({ sources, users: withDevices(...devices) }).map(({ mend }) => mend)
    const named = (device: string) => `write into [aws.source.master] of config.toml: mfa_serial = "${device}"`
    expect(mendsOf(key, token, serial)).toEqual([named(serial)])
    expect(mendsOf(key, token)).toEqual([named(token)])
    expect(mendsOf(key, sms)).toEqual([named(sms)])
    expect(mendsOf(key)).toEqual([giveDevice])
  })

  it('is a device that the user does not have', () => {
    const sources = [{ source: 'master', mfaSerial: serial, withoutMfa: [] }]
    expect(find({ sources, users: withDevices() })).toMatchObject([
      {
        what: "the MFA device of master is none of its user's",
        evidence: [serial],
        mend: giveDevice,
      },
    ])
    expect(find({ sources, users: [{ source: 'master', arn: jo, maxKeyAgeMs: 90 * dayMs }] })).toEqual([])
  })

  it('is a role that goes without the device of its source', () => {
    expect(find({ sources: [{ source: 'base', mfaSerial: serial, withoutMfa: ['x'] }] })).toMatchObject([
      { what: 'roles of base go without its MFA device', evidence: ['without a code: x'] },
    ])
  })
})

describe('old-key', () => {
  const find1 = (
    key: Partial<UserKey>,
    stored: CheckFacts['stored'] = [{ source: 'master', accessKeyId: id }],
    sources: CheckFacts['sources'] = [],
  ) =>
    short({
      stored,
      sources,
      users: [
        {
          source: 'master',
          arn: jo,
          maxKeyAgeMs: 90 * dayMs,
          keys: [{ accessKeyId: id, isActive: true, createdAtMs: nowMs - dayMs, use: { type: 'unknown' }, ...key }],
        },
      ],
    })

  it.each([
    [{ createdAtMs: nowMs - 91 * dayMs }, '91 days old'],
    [{ createdAtMs: nowMs - 7 * dayMs, use: { type: 'never' } }, 'never used'],
    [{ use: { type: 'used', atMs: nowMs - 91 * dayMs } }, 'not used for 91 days'],
    [{ createdAtMs: nowMs - 400 * dayMs, use: { type: 'never' } }, '400 days old, never used'],
  ] as const)('is %j', (key, words) => {
    expect(find1(key)).toEqual([
      ['old-key', `access key AKIA…MPLE of master is ${words}`, 'latchkey aws keys rotate master'],
    ])
  })

  it.each([
    { createdAtMs: nowMs - 90 * dayMs },
    { createdAtMs: nowMs - 6 * dayMs, use: { type: 'never' } },
    { use: { type: 'used', atMs: nowMs - 90 * dayMs } },
  ] as const)('is not %j', (key) => {
    expect(find1(key)).toEqual([])
  })

  const successorOf = (rotation: NonNullable<CheckFacts['stored'][number]['rotation']>) => [
    { source: 'master', accessKeyId: 'AKIAI44QH8DHBEXAMPLE', rotation },
  ]
  const daysAgo = (days: number) => new Date(nowMs - days * dayMs).toISOString()

  it('is one whose rotation is to be finished, by the rotation, when there was time to miss it', () => {
    const key = { isActive: false, createdAtMs: nowMs - 91 * dayMs }
    const replaced = (days: number) =>
      find1(key, successorOf({ state: 'retired', formerKeyId: id, retiredAt: daysAgo(days) }))
    expect(replaced(6)).toEqual([])
    expect(replaced(7)).toEqual([
      [
        'old-key',
        'access key AKIA…MPLE of master is inactive',
        'if nothing has missed it: latchkey aws keys rotate master --finish',
      ],
    ])
  })

  it('is one whose rotation has stopped on the way, by the rotation', () => {
    const key = { createdAtMs: nowMs - 91 * dayMs }
    expect(find1(key, successorOf({ state: 'under-way', formerKeyId: id }))).toEqual([
      ['old-key', 'access key AKIA…MPLE of master is 91 days old', 'latchkey aws keys rotate master'],
    ])
  })

  it('is a key that another source has, under that source alone', () => {
    expect(find1({ createdAtMs: nowMs - 91 * dayMs }, [{ source: 'other', accessKeyId: id }])).toEqual([])
  })

  it.each([
    [
      false,
      'inactive',
      'if nothing has missed it for some days: CLI delete-access-key --user-name jo --access-key-id ID',
    ],
    [
      true,
      '91 days old',
      'find out what uses it; if nothing does: CLI update-access-key --user-name jo --access-key-id ID --status Inactive',
    ],
  ])('is another key of the user, which goes with a command of its own: active %s', (isActive, words, mend) => {
    const key = { isActive, createdAtMs: nowMs - 91 * dayMs }
    const what = `access key AKIA…MPLE of master is ${words}`
    const byKey = mend.replace('CLI', 'aws iam').replace('ID', id)
    expect(find1(key, [])).toEqual([['old-key', what, byKey]])
    // A session without a code may not call IAM.
    const sources = [{ source: 'master', mfaSerial: serial, withoutMfa: [] }]
    const bySession = byKey.replace('aws iam', 'latchkey aws exec master -- aws iam')
    expect(find1(key, [], sources)).toEqual([['old-key', what, bySession]])
  })
})

it('several-users is more than one user, of whom the one that no profile uses may go', () => {
  const stored = [
    { source: 'mine', accessKeyId: id },
    { source: 'theirs', accessKeyId: 'AKIAI44QH8DHBEXAMPLE' },
  ]
  const users = [
    { source: 'theirs', arn: 'arn:aws:iam::111122223333:user/kim', maxKeyAgeMs: 90 * dayMs },
    { source: 'mine', arn: jo, maxKeyAgeMs: 90 * dayMs },
  ]
  const sources = [{ source: 'mine', mfaSerial: serial, withoutMfa: [] }]
  expect(find({ stored, users, sources })).toMatchObject([
    {
      rule: 'several-users',
      evidence: ['theirs: AKIA…MPLE of arn:aws:iam::111122223333:user/kim', `mine: AKIA…MPLE of ${jo}`],
      mend: 'keep your own, and remove the others: latchkey aws keys remove theirs',
    },
  ])
  expect(
    find({ stored, users: users.map((user) => ({ ...user, arn: jo, maxKeyAgeMs: 90 * dayMs })), sources }),
  ).toEqual([])
})

it('open-role is a role that AWS gives without a code', () => {
  const roles = [{ profile: 'dev', roleArn: 'arn:r', open: ['arn:aws:iam::111122223333:root'] }]
  expect(find({ roles })).toMatchObject([
    {
      rule: 'open-role',
      evidence: ['arn:r', 'its trust policy lets arn:aws:iam::111122223333:root assume it without a code'],
    },
  ])
})
