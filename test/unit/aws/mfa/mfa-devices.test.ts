import { uptime } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAwsCredentials } from '../../../../src/aws/aws-credentials.ts'
import type { AwsSettings } from '../../../../src/aws/config/settings.ts'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { createIamSdk } from '../../../../src/aws/iam/iam-sdk.ts'
import * as sdk from '../../../../src/aws/sts/aws-sdk.ts'
import { createStsSdk } from '../../../../src/aws/sts/sts-sdk.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { totp } from '../../../../src/core/totp/totp.ts'
import { ownAdministration, type UserPolicy } from '../../../../src/dev/aws/caller/user-policy.ts'
import type { AwsCallLine } from '../../../../src/dev/aws/protocol/exchange.ts'
import { ownCredentialsBehindMfa } from '../../../../src/dev/aws/seed-policies.ts'
import { createPrompts } from '../../../../src/prompts/broker.ts'
import type { AwsFault } from '../../../doubles/aws/faults.ts'
import { createFullAws } from '../../../doubles/aws/full-server.ts'
import { stubConsole } from '../../../support/aws-console.ts'
import { lasting, stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { person, rejection, unattended } from '../../../support/aws-world.ts'

const arn = 'arn:aws:iam::111122223333:user/team-a'
const serial = (name: string) => `arn:aws:iam::111122223333:mfa/${name}`
const role = 'arn:aws:iam::123456789012:role/Dev'
const requestTimeoutMs = 2_000

/** The room with the real SDK and the embedded AWS, whose one user has no device: both live in the present. */
async function setUp({
  policy = ownCredentialsBehindMfa,
  awsIsAheadMs = 0,
}: {
  policy?: UserPolicy
  awsIsAheadMs?: number
} = {}) {
  const calls: AwsCallLine[] = []
  const faults: Record<string, AwsFault[]> = {}
  let deviceDelayMs = 0
  const dev = await createFullAws({
    now: Date.now,
    log: (line) => calls.push(line),
    faults: {
      next: (action = '') => faults[action]?.shift(),
      clockOffsetMs: () => awsIsAheadMs,
      newDeviceDelayMs: () => deviceDelayMs,
    },
  })
  onTestFinished(dev.close)
  await dev.addUser({ arn, mayAssume: [role], policy })
  const key = await dev.addAccessKey(arn)
  const clock = createSystemClock(uptime)
  const log: string[] = []
  const logger = createLogger({ level: 'debug', write: (line) => log.push(line) })
  const adapter = { sdk, clock, random: Math.random, log: logger, endpoint: dev.endpoint }
  const [sts, iam] = [createStsSdk(adapter), createIamSdk({ ...adapter, requestTimeoutMs })]
  const keychain = stubKeychain()
  const answers: (() => string)[] = []
  const asked: string[] = []
  const settings: { current: AwsSettings } = { current: { sources: {}, profiles: {} } }
  const aws = createAwsCredentials({
    readSettings: async () => settings.current,
    readSharedConfig: async () => parseSharedConfig({}),
    keychain: lasting(keychain, clock),
    sts: async () => sts,
    iam: async () => iam,
    ...stubConsole(),
    runMfaCommand: async () => expect.unreachable(),
    clock,
    random: Math.random,
    prompts: createPrompts({
      clock,
      newId: () => 'lease',
      onAsked: ({ question }) => asked.push(question.text),
      program: async () => new Secret(answers.shift()!()),
    }),
    log: logger,
  })
  await aws.keys.put('master', key)
  const codeAt = (seed: Secret<string>, away: number) =>
    new Secret(totp(seed.expose(), Date.now() + awsIsAheadMs + away * 30_000))
  return {
    aws,
    dev,
    keychain,
    calls,
    faults,
    log,
    answers,
    asked,
    settings,
    codeAt,
    mfa: aws.mfa,
    delayDevices: (ms: number) => {
      deviceDelayMs = ms
    },
    codes: (seed: Secret<string>, away = 0) => [codeAt(seed, away - 1), codeAt(seed, away)] as const,
    /** What reached AWS, GetCallerIdentity left out. */
    actions: () => calls.map(({ action }) => action).filter((action) => action !== 'GetCallerIdentity'),
  }
}

describe('a user without a device', () => {
  it('gets one with the long-term key, and the third code begins the session', async () => {
    const { mfa, aws, codes, codeAt, actions, calls, settings, log } = await setUp()
    expect(await mfa.list('master')).toEqual({ arn, devices: [] })
    const { serialNumber, seed, leftovers } = await mfa.create('master', unattended)
    expect({ serialNumber, leftovers }).toEqual({ serialNumber: serial('team-a'), leftovers: [] })
    await mfa.enable('master', unattended, { serialNumber, codes: codes(seed) })
    const { expiresAtMs } = await mfa.prove('master', serialNumber, codeAt(seed, 1))
    expect(expiresAtMs - Date.now()).toBeGreaterThan(11 * 3_600_000)
    expect(actions()).toEqual([
      'ListMFADevices',
      'ListMFADevices',
      'CreateVirtualMFADevice',
      'ListMFADevices',
      'EnableMFADevice',
      'GetSessionToken',
    ])
    expect(new Set(calls.map(({ error }) => error))).toEqual(new Set([null]))
    // It is the session that the section will have.
    settings.current = { sources: { master: { mfa_serial: serialNumber } }, profiles: {} }
    expect(await aws.login('master', unattended)).toMatchObject({ isNew: false, mfaSerial: serialNumber })
    expect(log.join('')).not.toContain(seed.expose())
  })

  it('gets one though the clock is hours off', async () => {
    const { mfa, codes, codeAt } = await setUp({ awsIsAheadMs: 5 * 3_600_000 })
    const { serialNumber, seed } = await mfa.create('master', unattended)
    await mfa.enable('master', unattended, { serialNumber, codes: codes(seed) })
    await mfa.prove('master', serialNumber, codeAt(seed, 1))
  })

  it('is told that codes are wrong, and can give others', async () => {
    const { mfa, codes, codeAt } = await setUp()
    const { serialNumber, seed } = await mfa.create('master', unattended)
    const same = [codeAt(seed, 0), codeAt(seed, 0)] as const
    const wrong = await rejection(mfa.enable('master', unattended, { serialNumber, codes: same }))
    expect(wrong).toMatchObject({ code: 'AWS_MFA_CODE_REFUSED' })
    await mfa.enable('master', unattended, { serialNumber, codes: codes(seed) })
  })

  it('is told that a code was used already before AWS is asked', async () => {
    const { mfa, codes, actions } = await setUp()
    const { serialNumber, seed } = await mfa.create('master', unattended)
    const given = codes(seed)
    await mfa.enable('master', unattended, { serialNumber, codes: given })
    const used = await rejection(mfa.prove('master', serialNumber, given[1]))
    expect(used).toMatchObject({
      code: 'AWS_MFA_CODE_REFUSED',
      message: expect.stringMatching(/already used: wait \d+ s/),
    })
    expect(actions()).not.toContain('GetSessionToken')
  })

  it('has a device that is out of step after late codes, and can set it', async () => {
    const { mfa, codes, codeAt } = await setUp()
    const { serialNumber, seed } = await mfa.create('master', unattended)
    await mfa.enable('master', unattended, { serialNumber, codes: codes(seed, -4) })
    const error = await rejection(mfa.prove('master', serialNumber, codeAt(seed, -1)))
    expect(error).toMatchObject({ code: 'AWS_MFA_CODE_REFUSED' })
    await mfa.resync('master', { serialNumber, codes: codes(seed) })
    await mfa.prove('master', serialNumber, codeAt(seed, 1))
  })

  it('waits while AWS does not know the device everywhere', async () => {
    const { mfa, codes, codeAt, delayDevices, calls } = await setUp()
    const { serialNumber, seed } = await mfa.create('master', unattended)
    delayDevices(1_500)
    await mfa.enable('master', unattended, { serialNumber, codes: codes(seed) })
    await mfa.prove('master', serialNumber, codeAt(seed, 1))
    const errors = calls.filter(({ error }) => error !== null).map(({ action, error }) => `${action} ${error}`)
    expect(errors).toContain('GetSessionToken AccessDenied')
  })

  it('can choose another name for it', async () => {
    const { mfa } = await setUp()
    expect((await mfa.create('master', unattended, 'phone')).serialNumber).toBe(serial('phone'))
  })
})

describe('a device that an earlier try has left', () => {
  it('is deleted where the user may', async () => {
    const { mfa, dev } = await setUp({ policy: ownAdministration })
    await mfa.create('master', unattended)
    const { serialNumber, leftovers } = await mfa.create('master', unattended)
    expect(serialNumber).toBe(serial('team-a'))
    expect(leftovers).toEqual([{ serialNumber, isDeleted: true }])
    expect(dev.directory.state.freeDevices).toHaveLength(1)
  })

  it('keeps its name under AWS’s sample policy, so that the new one gets another', async () => {
    const { mfa } = await setUp()
    await mfa.create('master', unattended)
    await mfa.create('master', unattended)
    const { serialNumber, leftovers } = await mfa.create('master', unattended)
    expect(serialNumber).toBe(serial('team-a-3'))
    expect(leftovers).toEqual([
      { serialNumber: serial('team-a'), isDeleted: false },
      { serialNumber: serial('team-a-2'), isDeleted: false },
    ])
  })

  it('takes an administrator where the policy demands the name', async () => {
    const create = { Effect: 'Allow' as const, Action: ['iam:CreateVirtualMFADevice'], Resource: [serial('team-a')] }
    const list = {
      Effect: 'Allow' as const,
      Action: ['iam:ListVirtualMFADevices', 'iam:ListMFADevices'],
      Resource: ['*'],
    }
    const { mfa } = await setUp({ policy: [create, list] })
    await mfa.create('master', unattended)
    expect(await rejection(mfa.create('master', unattended))).toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringContaining(`an earlier try left ${serial('team-a')}`) as string,
      hint: `ask an administrator to run: aws iam delete-virtual-mfa-device --serial-number ${serial('team-a')}`,
    })
  })

  it('is told of where the policy demands the name, and hides whose device it is', async () => {
    const create = { Effect: 'Allow' as const, Action: ['iam:CreateVirtualMFADevice'], Resource: [serial('team-a')] }
    const { mfa } = await setUp({ policy: [create] })
    await mfa.create('master', unattended)
    expect(await rejection(mfa.create('master', unattended))).toMatchObject({
      code: 'AWS_DENIED',
      message: expect.stringContaining(`the account has ${serial('team-a')} already`) as string,
      hint: `ask an administrator whether anybody has it; if nobody does: aws iam delete-virtual-mfa-device --serial-number ${serial('team-a')}`,
    })
  })

  it('is somebody’s where nobody may ask, and another user’s is passed over', async () => {
    const create = { Effect: 'Allow' as const, Action: ['iam:CreateVirtualMFADevice', 'iam:List*'], Resource: ['*'] }
    const { mfa, dev, actions } = await setUp({ policy: [create] })
    await dev.addUser({ arn: `${arn}-2` })
    await dev.addMfaDevice(`${arn}-2`, { serialNumber: serial('team-a') })
    const { serialNumber, leftovers } = await mfa.create('master', unattended)
    expect([serialNumber, leftovers]).toEqual([serial('team-a-2'), []])
    expect(actions()).not.toContain('DeleteVirtualMFADevice')
    dev.user(arn)!.policy = [{ ...create, Action: ['iam:CreateVirtualMFADevice'] }]
    expect((await mfa.create('master', unattended)).serialNumber).toBe(serial('team-a-3'))
  })
})

describe('a user with a device', () => {
  it('proves it to get another one', async () => {
    const { mfa, aws, dev, codes, answers, asked, calls, settings } = await setUp()
    const first = await dev.addMfaDevice(arn)
    settings.current = { sources: { master: { mfa_serial: first.serialNumber } }, profiles: {} }
    answers.push(() => totp(first.secretBase32.expose(), Date.now()))
    const { serialNumber, seed } = await mfa.create('master', person, 'second')
    await mfa.enable('master', person, { serialNumber, codes: codes(seed) })
    expect(asked).toEqual([`MFA code for ${first.serialNumber}`])
    expect(calls.every(({ error }) => error === null)).toBe(true)
    expect((await mfa.list('master')).devices?.map((device) => device.serialNumber)).toEqual([
      first.serialNumber,
      serial('second'),
    ])
    expect(await rejection(aws.credentials('nothing', person))).toMatchObject({ code: 'AWS_PROFILE_UNKNOWN' })
  })

  it('that no section names proves it all the same, and nobody else is asked', async () => {
    const { mfa, dev, answers, asked } = await setUp()
    const first = await dev.addMfaDevice(arn)
    expect(await rejection(mfa.create('master', unattended, 'second'))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    answers.push(() => totp(first.secretBase32.expose(), Date.now()))
    await mfa.create('master', person, 'second')
    expect(asked).toHaveLength(1)
  })

  it('is shown it by the session where the policy denies that to the key', async () => {
    const { mfa, aws, dev, answers, settings } = await setUp()
    const first = await dev.addMfaDevice(arn)
    settings.current = { sources: { master: { mfa_serial: first.serialNumber } }, profiles: {} }
    const gate = { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' as const } }
    dev.user(arn)!.policy = [
      ...ownAdministration,
      { Effect: 'Deny', NotAction: ['sts:GetSessionToken'], Resource: ['*'], Condition: gate },
    ]
    expect(await mfa.list('master')).toMatchObject({
      arn,
      refusal: {
        code: 'AWS_DENIED',
        hint: `ask an administrator to allow iam:ListMFADevices on ${arn}, then run the command again`,
      },
    })
    answers.push(() => totp(first.secretBase32.expose(), Date.now()))
    await aws.login('master', person)
    expect((await mfa.list('master')).devices).toMatchObject([{ serialNumber: first.serialNumber }])
  })
})

describe('what AWS refuses', () => {
  it('is said with whom to ask', async () => {
    const { mfa } = await setUp({ policy: [] })
    expect(await rejection(mfa.create('master', unattended))).toMatchObject({
      code: 'AWS_DENIED',
      hint: `ask an administrator to allow iam:CreateVirtualMFADevice on ${serial('team-a')}, then run the command again`,
    })
    expect(
      await rejection(
        mfa.resync('master', {
          serialNumber: serial('x'),
          codes: [new Secret('1'.repeat(6)), new Secret('2'.repeat(6))],
        }),
      ),
    ).toMatchObject({
      code: 'AWS_DENIED',
      hint: expect.stringContaining(`iam:ResyncMFADevice on ${arn}`) as string,
    })
  })

  it.each([
    ['EntityTemporarilyUnmodifiable', 'AWS_ENTITY_BUSY', /wait some minutes/],
    ['ServiceUnavailable', 'AWS_UNREACHABLE', /wait a moment/],
  ] as const)('%s is said with what to do', async (fault, code, hint) => {
    const { mfa, faults, codes, actions } = await setUp()
    const { serialNumber, seed } = await mfa.create('master', unattended)
    faults.EnableMFADevice = [{ type: 'refuse', code: fault }]
    const error = await rejection(mfa.enable('master', unattended, { serialNumber, codes: codes(seed) }))
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) as string })
    expect(actions().filter((action) => action === 'EnableMFADevice')).toHaveLength(1)
  })

  it('of a ninth device is a quota', async () => {
    const { mfa, dev, answers, codes } = await setUp({ policy: ownAdministration })
    const first = await dev.addMfaDevice(arn)
    for (const number of [2, 3, 4, 5, 6, 7, 8]) await dev.addMfaDevice(arn, { serialNumber: serial(`d${number}`) })
    answers.push(() => totp(first.secretBase32.expose(), Date.now()))
    const { serialNumber, seed } = await mfa.create('master', person, 'ninth')
    const error = await rejection(mfa.enable('master', person, { serialNumber, codes: codes(seed) }))
    expect(error).toMatchObject({
      code: 'AWS_QUOTA_REACHED',
      hint: 'what the user has already: latchkey aws mfa list master',
    })
  })

  it('of a device that is gone is not waited for in vain without a word', async () => {
    const { mfa } = await setUp({ policy: ownAdministration })
    const given = { serialNumber: serial('gone'), codes: [new Secret('111111'), new Secret('222222')] as const }
    expect(await rejection(mfa.resync('master', given))).toMatchObject({
      code: 'AWS_ENTITY_MISSING',
      hint: 'what the user has: latchkey aws mfa list master; for a new device: latchkey aws mfa enroll master',
    })
  })
})

describe('an answer that is lost', () => {
  it.each([
    ['cut in half', { type: 'truncate' }, 'AWS_BAD_RESPONSE'],
    ['never sent', { type: 'reset', when: 'after' }, 'AWS_UNREACHABLE'],
  ] as const)('%s, leaves a device that the next try finds', async (_, fault, code) => {
    const { mfa, faults, calls } = await setUp({ policy: ownAdministration })
    faults.CreateVirtualMFADevice = [fault]
    const error = await rejection(mfa.create('master', unattended))
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/run the command again/) as string })
    expect(calls.filter(({ action }) => action === 'CreateVirtualMFADevice')).toHaveLength(1)
    expect((await mfa.create('master', unattended)).leftovers).toHaveLength(1)
  })

  it('to two codes does not send them again', async () => {
    const { mfa, faults, codes, calls } = await setUp()
    const { serialNumber, seed } = await mfa.create('master', unattended)
    faults.EnableMFADevice = [{ type: 'reset', when: 'after' }]
    const error = await rejection(mfa.enable('master', unattended, { serialNumber, codes: codes(seed) }))
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE' })
    expect(calls.filter(({ action }) => action === 'EnableMFADevice')).toHaveLength(1)
    expect((await mfa.list('master')).devices).toHaveLength(1)
  })
})

it('an endpoint that hangs is given up, with codes after one try', async () => {
  const { mfa, faults, codes, calls } = await setUp()
  const { serialNumber, seed } = await mfa.create('master', unattended)
  faults.EnableMFADevice = [{ type: 'hang' }, { type: 'hang' }]
  const error = await rejection(mfa.enable('master', unattended, { serialNumber, codes: codes(seed) }))
  expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', hint: expect.stringContaining('run the command again') })
  expect(calls.filter(({ action }) => action === 'EnableMFADevice')).toHaveLength(1)
})

it('a locked keychain ends it before a code is spent, and the same code is good afterwards', async () => {
  const { mfa, keychain, codes, codeAt, actions } = await setUp()
  const { serialNumber, seed } = await mfa.create('master', unattended)
  await mfa.enable('master', unattended, { serialNumber, codes: codes(seed) })
  keychain.lock()
  const code = codeAt(seed, 1)
  expect(await rejection(mfa.prove('master', serialNumber, code))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  expect(await rejection(mfa.list('master'))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  expect(actions()).not.toContain('GetSessionToken')
  keychain.unlock()
  await mfa.prove('master', serialNumber, code)
})

it('a source without a key is told how to get one', async () => {
  const { mfa } = await setUp()
  expect(await rejection(mfa.list('other'))).toMatchObject({
    code: 'AWS_KEY_MISSING',
    hint: 'latchkey aws keys add other',
  })
})
