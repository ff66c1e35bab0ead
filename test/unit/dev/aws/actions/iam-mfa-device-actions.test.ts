import { beforeEach, describe, expect, it } from 'vitest'
import { totp } from '../../../../../src/core/totp/totp.ts'
import {
  type AwsReply,
  addUser,
  credentialsOf,
  startDevAws,
  type TestAws,
  type TestUser,
  withCode,
} from '../../../../support/dev-aws.ts'

const period = 30_000
const arn = 'arn:aws:iam::111122223333:user/new'
const serial = 'arn:aws:iam::111122223333:mfa/new'

let aws: TestAws
let delayMs: number
let key: { accessKeyId: string; secretAccessKey: string }

const iam = (action: string, fields: Record<string, string> = {}, who: Parameters<TestAws['call']>[0] = key) =>
  aws.call(who, { Action: action, ...fields }, { service: 'iam', region: 'us-east-1' })

const seedOf = (reply: AwsReply) => Buffer.from(reply.text('Base32StringSeed'), 'base64').toString()
const create = async (name = 'new') => seedOf(await iam('CreateVirtualMFADevice', { VirtualMFADeviceName: name }))
/** The codes of two periods, of which the later one is so many periods from now. */
const codesOf = (seed: string, away = 0) => ({
  AuthenticationCode1: totp(seed, aws.clock.now() + (away - 1) * period),
  AuthenticationCode2: totp(seed, aws.clock.now() + away * period),
})
const enable = (seed: string, away = 0, serialNumber = serial) =>
  iam('EnableMFADevice', { UserName: 'new', SerialNumber: serialNumber, ...codesOf(seed, away) })
const session = (seed: string, away = 0) =>
  aws.call(key, {
    Action: 'GetSessionToken',
    SerialNumber: serial,
    TokenCode: totp(seed, aws.clock.now() + away * period),
  })

beforeEach(async () => {
  delayMs = 0
  aws = await startDevAws({ faults: { newDeviceDelayMs: () => delayMs } })
  await aws.addUser({ arn })
  const { accessKeyId, secretAccessKey } = await aws.addAccessKey(arn)
  key = { accessKeyId, secretAccessKey: secretAccessKey.expose() }
})

it('ListMFADevices lists the caller’s devices', async () => {
  const user = await addUser(aws)
  const phone = 'arn:aws:iam::111122223333:mfa/phone'
  await aws.addMfaDevice(user.arn, { serialNumber: phone })
  const { xml } = await iam('ListMFADevices', {}, user)
  expect(xml.match(/<SerialNumber>[^<]*/g)).toEqual([`<SerialNumber>${user.mfaSerial}`, `<SerialNumber>${phone}`])
  expect(xml).toContain('<IsTruncated>false</IsTruncated>')
})

describe('EnableMFADevice', () => {
  it('gives the caller a device for two consecutive codes, which are spent', async () => {
    const seed = await create()
    expect((await enable(seed)).status).toBe(200)
    expect((await session(seed, -1)).code).toBe('AccessDenied')
    expect((await session(seed)).code).toBe('AccessDenied')
    expect((await session(seed, 1)).status).toBe(200)
    expect((await iam('ListMFADevices')).text('SerialNumber')).toBe(serial)
  })

  it.each([
    ['the same code twice', 0, 0],
    ['codes in the wrong order', 0, -1],
    ['codes with one between them', -2, 0],
  ])('refuses %s', async (_, first, second) => {
    const seed = await create()
    const code = (away: number) => totp(seed, aws.clock.now() + away * period)
    const codes = { AuthenticationCode1: code(first), AuthenticationCode2: code(second) }
    const reply = await iam('EnableMFADevice', { UserName: 'new', SerialNumber: serial, ...codes })
    expect(reply).toMatchObject({ status: 403, code: 'InvalidAuthenticationCode' })
    expect((await enable(seed)).status).toBe(200)
  })

  it('accepts late codes without a word, and then refuses the present ones', async () => {
    const seed = await create()
    expect((await enable(seed, -4)).status).toBe(200)
    expect((await session(seed)).message).toContain('invalid MFA one time pass code')
    expect((await session(seed, 1)).message).toContain('invalid MFA one time pass code')
    const resync = await iam('ResyncMFADevice', { UserName: 'new', SerialNumber: serial, ...codesOf(seed) })
    expect(resync.status).toBe(200)
    expect((await session(seed, 1)).status).toBe(200)
  })

  it('knows neither a device that was never made nor one that has a user', async () => {
    const seed = await create()
    const unknown = 'arn:aws:iam::111122223333:mfa/other'
    expect(await enable(seed, 0, unknown)).toMatchObject({ status: 404, code: 'NoSuchEntity' })
    await enable(seed)
    const proved = credentialsOf(await session(seed, 1))
    const again = await iam('EnableMFADevice', { UserName: 'new', SerialNumber: serial, ...codesOf(seed, 3) }, proved)
    expect(again).toMatchObject({ status: 409, code: 'EntityAlreadyExists' })
  })

  it('gives a second device only to those who prove the first', async () => {
    const first = await create()
    await enable(first)
    const second = await create('second')
    const secondSerial = `${serial.slice(0, -3)}second`
    expect((await enable(second, 0, secondSerial)).code).toBe('AccessDenied')
    const proved = credentialsOf(await session(first, 1))
    const fields = { UserName: 'new', SerialNumber: secondSerial, ...codesOf(second) }
    expect((await iam('EnableMFADevice', fields, proved)).status).toBe(200)
  })

  it('gives a user eight devices and no more', async () => {
    const user: TestUser = await addUser(aws)
    for (const number of [2, 3, 4, 5, 6, 7, 8]) {
      await aws.addMfaDevice(user.arn, { serialNumber: `arn:aws:iam::111122223333:mfa/jo-${number}` })
    }
    const proved = credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) }))
    const seed = seedOf(await iam('CreateVirtualMFADevice', { VirtualMFADeviceName: 'jo-9' }, proved))
    const fields = { UserName: 'jo', SerialNumber: 'arn:aws:iam::111122223333:mfa/jo-9', ...codesOf(seed) }
    expect(await iam('EnableMFADevice', fields, proved)).toMatchObject({ status: 409, code: 'LimitExceeded' })
  })

  it('wants the name of the user and six digits', async () => {
    const seed = await create()
    const { message } = await iam('EnableMFADevice', { SerialNumber: serial, ...codesOf(seed) })
    expect(message).toContain("at 'userName'")
    const fields = {
      UserName: 'new',
      SerialNumber: serial,
      AuthenticationCode1: '12345',
      AuthenticationCode2: 'abcdef',
    }
    expect((await iam('EnableMFADevice', fields)).message).toMatch(/^2 validation errors/)
  })

  it('and STS know a new device only after a while, where it is told so', async () => {
    delayMs = 5_000
    const seed = await create()
    expect((await enable(seed)).code).toBe('NoSuchEntity')
    aws.clock.advance(5_000)
    expect((await enable(seed)).status).toBe(200)
    expect((await session(seed, 1)).message).toContain('unable to validate MFA code')
    aws.clock.advance(5_000)
    expect((await session(seed, 1)).status).toBe(200)
  })
})

describe('ResyncMFADevice', () => {
  const resync = (seed: string, away: number) =>
    iam('ResyncMFADevice', { UserName: 'new', SerialNumber: serial, ...codesOf(seed, away) })

  it('takes no code that is spent', async () => {
    const seed = await create()
    await enable(seed)
    expect((await resync(seed, 0)).code).toBe('InvalidAuthenticationCode')
    expect((await resync(seed, 1)).code).toBe('InvalidAuthenticationCode')
    expect((await resync(seed, 2)).status).toBe(200)
  })

  it('knows the caller’s devices only', async () => {
    const seed = await create()
    expect(await resync(seed, 0)).toMatchObject({ status: 404, code: 'NoSuchEntity' })
  })
})
