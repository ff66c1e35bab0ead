import { uptime } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAwsCredentials } from '../../../src/aws/aws-credentials.ts'
import { trustedWithoutMfa } from '../../../src/aws/check/trust-policy.ts'
import { createTotpSeeds } from '../../../src/aws/codes/totp-seeds.ts'
import type { AwsSettings } from '../../../src/aws/config/settings.ts'
import { parseSharedConfig, type SharedConfigTexts } from '../../../src/aws/config/shared-config.ts'
import { createIamSdk } from '../../../src/aws/iam/iam-sdk.ts'
import * as sdk from '../../../src/aws/sts/aws-sdk.ts'
import { createStsSdk } from '../../../src/aws/sts/sts-sdk.ts'
import { silentLogger } from '../../../src/core/log.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createSystemClock } from '../../../src/core/time/clock.ts'
import { totp } from '../../../src/core/totp/totp.ts'
import type { AwsAddition } from '../../../src/dev/aws/plugin.ts'
import type { AwsCallLine } from '../../../src/dev/aws/protocol/exchange.ts'
import { type DevAccount, seedDevAccount } from '../../../src/dev/aws/seed.ts'
import { createPrompts } from '../../../src/prompts/broker.ts'
import { type AccountAliases, accountAliases } from '../../doubles/aws/account-aliases.ts'
import { createFullAws } from '../../doubles/aws/full-server.ts'
import { roleReading } from '../../doubles/aws/role-reading.ts'
import { stubConsole } from '../../support/aws-console.ts'
import { lasting, stubKeychain } from '../../support/aws-stub-keychain.ts'
import { person, rejection, unattended } from '../../support/aws-world.ts'
import { trusting } from '../../support/dev-aws.ts'

/**
 * The room with the real SDK against the embedded AWS, which checks signatures and codes with code that is not the
 * SDK's. Both live in the present: the SDK signs with the clock of the machine.
 */
async function setUp(
  awsIsAheadMs = 0,
  more: AwsSettings['profiles'] = {},
  shared?: (url: string, account: DevAccount) => SharedConfigTexts,
  known: AccountAliases = {},
  plugins: readonly AwsAddition[] = [],
) {
  const calls: AwsCallLine[] = []
  const dev = await createFullAws({
    port: 0,
    now: Date.now,
    log: (line) => calls.push(line),
    faults: { clockOffsetMs: () => awsIsAheadMs },
    plugins: [accountAliases(known), ...plugins],
  })
  onTestFinished(dev.close)
  const account = await seedDevAccount(dev)
  const clock = createSystemClock(uptime)
  const sts = createStsSdk({
    sdk,
    clock,
    random: Math.random,
    log: silentLogger,
    endpoint: shared === undefined ? dev.endpoint : undefined,
  })
  const iam = createIamSdk({ sdk, clock, random: Math.random, log: silentLogger, endpoint: dev.endpoint })
  const answers: string[] = []
  let questions = 0
  const keychain = stubKeychain()
  const aws = createAwsCredentials({
    readSettings: async () => ({
      sources: { master: { mfa_serial: account.mfaSerial } },
      profiles: {
        dev: { role: account.roles.dev, source: 'master', region: 'eu-central-1' },
        prod: { role: account.roles.prod, source: 'master', region: 'eu-west-1' },
        chained: { role: account.roles.chained, source: 'dev' },
        named: { role: account.roles.dev, source: 'master', account_alias: 'mattermost-dev' },
        ...more,
      },
    }),
    readSharedConfig: async () => parseSharedConfig(shared?.(dev.endpoint, account) ?? {}),
    keychain: lasting(keychain, clock),
    sts: async () => sts,
    iam: async () => iam,
    ...stubConsole(),
    runMfaCommand: () => expect.unreachable(),
    clock,
    random: Math.random,
    prompts: createPrompts({
      clock,
      newId: () => 'lease',
      async program() {
        questions += 1
        return new Secret(answers.shift() ?? totp(account.totpSecret.expose(), Date.now() + awsIsAheadMs))
      },
    }),
    log: silentLogger,
  })
  await aws.keys.put('master', account)
  return {
    aws,
    iam,
    account,
    keychain,
    dev,
    calls,
    answers,
    questions: () => questions,
    actions: () => calls.map(({ action }) => String(action)),
  }
}

describe('the terms of a role', () => {
  const role = 'arn:aws:iam::123456789012:role/Tagged'
  const next = 'arn:aws:iam::123456789012:role/Next'
  const tagged = { role, source: 'master', session_tags: { team: 'ops' }, source_identity: 'jo' }
  const actions = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
  const wanted = { StringEquals: { 'aws:RequestTag/team': 'ops', 'sts:SourceIdentity': 'jo' } }

  it('are what AWS judges, each with its own permission', async () => {
    const { aws, account, dev } = await setUp(0, { tagged, bare: { role, source: 'master' } })
    dev.directory.user(account.userArn)!.mayAssume.push(role)
    await dev.addRole({ arn: role, trustPolicy: trusting(account.userArn, wanted, 'sts:AssumeRole') })
    const refused = await rejection(aws.credentials('tagged', person))
    expect(refused).toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringMatching(/sts:(TagSession|SetSourceId)/),
    })
    await dev.setTrustPolicy(role, trusting(account.userArn, wanted, actions))
    expect((await aws.credentials('tagged', person)).accountId).toBe('123456789012')
    expect(await rejection(aws.credentials('bare', person))).toMatchObject({ code: 'AWS_DENIED' })
  })

  it('go through a chain', async () => {
    const { aws, account, dev } = await setUp(0, {
      tagged: { ...tagged, transitive_session_tags: ['team'] },
      next: { role: next, source: 'tagged', source_identity: 'jo', session_tags: { env: 'x' } },
    })
    dev.directory.user(account.userArn)!.mayAssume.push(role)
    await dev.addRole({ arn: role, trustPolicy: trusting(account.userArn, wanted, actions), mayAssume: [next] })
    await dev.addRole({ arn: next, trustPolicy: trusting(role, undefined, actions) })
    expect((await aws.credentials('next', person)).accountId).toBe('123456789012')
  })

  it('that do not fit are told by AWS, and what to shorten', async () => {
    const session_tags = { a: 'x'.repeat(250), b: 'x'.repeat(250) }
    const { aws, account, dev } = await setUp(0, { big: { role, source: 'master', session_tags } })
    dev.directory.user(account.userArn)!.mayAssume.push(role)
    await dev.addRole({ arn: role, trustPolicy: trusting(account.userArn, undefined, actions) })
    expect(await rejection(aws.credentials('big', person))).toMatchObject({
      code: 'AWS_REQUEST_INVALID',
      message: expect.stringMatching(/^profile big: AWS refused AssumeRole: Packed size of session tags consumes \d+%/),
      hint: expect.stringContaining('session_tags together: shorten them'),
    })
  })
})

describe('an endpoint of a profile', () => {
  it('is asked for the code, the session and the role, and its session is kept apart', async () => {
    const { aws, account, calls, questions, dev } = await setUp(0, {}, (url, { roles, mfaSerial }) => ({
      config: `[services local]\nsts =\n  endpoint_url = ${url}\n[profile master]\nservices = local\n[profile elsewhere]\nservices = local\nrole_arn = ${roles.dev}\nsource_profile = master\nmfa_serial = ${mfaSerial}\n`,
    }))
    expect((await aws.credentials('elsewhere', person)).accountId).toBe(account.roles.dev.split(':')[4])
    expect(questions()).toBe(1)
    expect(calls.map(({ action }) => action)).toEqual(['GetCallerIdentity', 'GetSessionToken', 'AssumeRole'])
    expect(dev.endpoint).toMatch(/^http:\/\/127/)
    expect((await aws.status()).sessions).toMatchObject([{ source: 'master' }])
  })
})

describe('against the embedded AWS', () => {
  it('twenty callers of three profiles cost one code, one session and one call for each role', async () => {
    const { aws, account, actions, questions } = await setUp()
    const profiles = ['dev', 'prod', 'chained']
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => aws.credentials(profiles[index % 3]!, person)),
    )
    expect(questions()).toBe(1)
    expect(actions().sort()).toEqual([
      'AssumeRole',
      'AssumeRole',
      'AssumeRole',
      'GetCallerIdentity',
      'GetCallerIdentity',
      'GetSessionToken',
    ])
    expect(all[2]!.accountId).toBe(account.roles.chained.split(':')[4])
  })

  it('a wrong code is asked for again', async () => {
    const { aws, answers, questions } = await setUp()
    answers.push('nonsense', '000000')
    await aws.credentials('dev', person)
    expect(questions()).toBeGreaterThanOrEqual(2)
  })

  it('three wrong codes are three calls, also where the clock is wrong by less than AWS refuses', async () => {
    const { aws, answers, actions } = await setUp(10 * 60_000)
    answers.push('000000', '000001', '000002')
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_MFA_CODE_REFUSED' })
    expect(actions().filter((action) => action === 'GetSessionToken')).toHaveLength(3)
  })

  it('codes of a seed go by the clock of AWS, though that of this machine is off by hours', async () => {
    const { aws, account, keychain, questions, calls } = await setUp(5 * 3_600_000)
    await createTotpSeeds(keychain).write('master', {
      mfaSerial: account.mfaSerial,
      secret: account.totpSecret,
      periodSeconds: 30,
      algorithm: 'sha1',
    })
    expect((await aws.credentials('dev', unattended)).accountId).toBe('123456789012')
    expect(questions()).toBe(0)
    expect(calls.filter(({ action }) => action === 'GetSessionToken')).toMatchObject([{ status: 200 }])
  })

  it('a key that was made inactive is named, without a code', async () => {
    const { aws, account, dev, questions } = await setUp()
    await aws.credentials('dev', person)
    await dev.setAccessKeyStatus(account.accessKeyId, 'Inactive')
    expect(await rejection(aws.credentials('prod', person))).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(questions()).toBe(1)
  })

  it.each([2, -2])('a clock that AWS finds %d hours off does no harm', async (hours) => {
    const { aws } = await setUp(hours * 3_600_000)
    const credentials = await aws.credentials('dev', person)
    const leftMinutes = (credentials.expiresAtMs - Date.now()) / 60_000
    expect(leftMinutes).toBeGreaterThan(50)
    expect(leftMinutes).toBeLessThanOrEqual(60)
  })

  it.each([
    ['verified', { aliases: { 123456789012: 'mattermost-dev' } }],
    ['wrong', { aliases: { 123456789012: 'mattermost-prod' } }],
    ['wrong', {}],
    ['unverified', { deniedTo: ['123456789012'] }],
  ] as const)('the alias of an account is %s once its role has been used, where AWS says %j', async (state, known) => {
    const { aws, actions } = await setUp(0, {}, undefined, known)
    const stateNow = async () => (await aws.profiles()).find(({ name }) => name === 'named')?.accountAlias
    expect(await stateNow()).toEqual({ name: 'mattermost-dev', state: 'unverified' })
    await aws.credentials('named', person)
    await expect.poll(stateNow).toEqual({ name: 'mattermost-dev', state })
    await expect.poll(actions).toContain('ListAccountAliases')
    await aws.credentials('named', person)
    expect(actions().filter((action) => action === 'ListAccountAliases')).toHaveLength(1)
  })

  it('a role that may read itself says whom it trusts without a code', async () => {
    const { aws, iam } = await setUp(0, {}, undefined, {}, [roleReading()])
    const trusted = async (profile: string, name: string) => {
      const credentials = await aws.credentials(profile, person)
      return trustedWithoutMfa(await iam.trustPolicyOf({ credentials, region: 'eu-central-1' }, name))
    }
    // The other one trusts a role, which has no code to give.
    expect(await trusted('dev', 'DeveloperRole')).toEqual([])
    expect(await trusted('chained', 'AuditorRole')).toEqual([])
    const credentials = await aws.credentials('dev', person)
    const missing = iam.trustPolicyOf({ credentials, region: 'eu-central-1' }, 'Nobody')
    expect(await rejection(missing)).toMatchObject({ code: 'AWS_ENTITY_MISSING' })
  })

  it('a role whose trust policy asks for no code is seen by itself, and one that may not read itself is not', async () => {
    const open = { role: 'arn:aws:iam::123456789012:role/Open', source: 'master' }
    const master = 'arn:aws:iam::111122223333:root'
    const start = async (plugins: readonly AwsAddition[]) => {
      const world = await setUp(0, { open }, undefined, {}, plugins)
      world.dev.directory.user(world.account.userArn)!.mayAssume.push(open.role)
      const statement = { Effect: 'Allow', Principal: { AWS: master }, Action: 'sts:AssumeRole' }
      await world.dev.addRole({ arn: open.role, trustPolicy: { Version: '2012-10-17', Statement: [statement] } })
      const credentials = await world.aws.credentials('open', person)
      return world.iam.trustPolicyOf({ credentials, region: 'eu-central-1' }, 'Open')
    }
    expect(trustedWithoutMfa(await start([roleReading()]))).toEqual([master])
    expect(await rejection(start([]))).toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringContaining('is not authorized to perform: iam:GetRole on resource: role Open') as string,
    })
  })

  it('a user is told with the keys that there are, by the session', async () => {
    const { aws, account } = await setUp()
    expect(await aws.userKeys('master')).toEqual({ type: 'session-needed' })
    await aws.login('master', person)
    expect(await aws.userKeys('master')).toMatchObject({
      type: 'user',
      arn: account.userArn,
      keys: {
        type: 'told',
        value: [{ accessKeyId: account.accessKeyId, isActive: true, use: { type: 'used' } }],
      },
      devices: { type: 'told', value: [account.mfaSerial] },
    })
  })
})
