import { beforeEach, describe, expect, it } from 'vitest'
import { createDevAws } from '../../../../../src/dev/aws/server.ts'
import {
  addUser,
  callAws,
  credentialsOf,
  startDevAws,
  type TestAws,
  type TestUser,
  withCode,
} from '../../../../support/dev-aws.ts'

let aws: TestAws
let user: TestUser
/** How long nobody knows a new key, in ms. */
let delayMs: number

beforeEach(async () => {
  delayMs = 0
  aws = await startDevAws({ faults: { newKeyDelayMs: () => delayMs } })
  user = await addUser(aws)
})

type Who = Parameters<TestAws['call']>[0]
const iam = (action: string, fields: Record<string, string> = {}, who: Who = user) =>
  aws.call(who, { Action: action, ...fields }, { service: 'iam', region: 'us-east-1' })
const whoami = (who: Who) => aws.call(who, { Action: 'GetCallerIdentity' })

/** A new key, as CreateAccessKey gives it. */
async function created() {
  const reply = await iam('CreateAccessKey', { UserName: 'jo' })
  return { accessKeyId: reply.text('AccessKeyId'), secretAccessKey: reply.text('SecretAccessKey') }
}

const session = async () => credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) }))

it('ListAccessKeys lists the caller’s keys without their secrets', async () => {
  await aws.setAccessKeyStatus((await aws.addAccessKey(user.arn)).accessKeyId, 'Inactive')
  const { xml } = await iam('ListAccessKeys')
  expect(xml.match(/<AccessKeyId>[^<]*/g)?.[0]).toBe(`<AccessKeyId>${user.accessKeyId}`)
  expect(xml.match(/<Status>[^<]*/g)).toEqual(['<Status>Active', '<Status>Inactive'])
  expect(xml).not.toContain(user.secretAccessKey)
})

describe('CreateAccessKey', () => {
  it('makes a key that signs', async () => {
    const key = await created()
    expect((await whoami(key)).text('Arn')).toBe(user.arn)
  })

  it('makes no third key, though one of the two is inactive', async () => {
    const key = await created()
    await iam('UpdateAccessKey', { UserName: 'jo', AccessKeyId: key.accessKeyId, Status: 'Inactive' })
    const { status, code, message } = await iam('CreateAccessKey', { UserName: 'jo' })
    expect({ status, code, message }).toEqual({
      status: 409,
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for AccessKeysPerUser: 2',
    })
  })

  it('makes a key that nobody knows at first', async () => {
    delayMs = 3_000
    aws.clock.advance(delayMs)
    const key = await created()
    aws.clock.advance(2_999)
    expect((await whoami(key)).code).toBe('InvalidClientTokenId')
    aws.clock.advance(1)
    expect((await whoami(key)).status).toBe(200)
  })

  it('makes no key for another user', async () => {
    await aws.addUser({ arn: 'arn:aws:iam::111122223333:user/kim' })
    expect((await iam('CreateAccessKey', { UserName: 'kim' })).code).toBe('AccessDenied')
  })
})

describe('UpdateAccessKey', () => {
  it('turns off a key and the sessions that it has begun, and on again', async () => {
    const made = await session()
    const key = await created()
    const set = (Status: string) =>
      iam('UpdateAccessKey', { UserName: 'jo', AccessKeyId: user.accessKeyId, Status }, key)
    expect((await set('Inactive')).status).toBe(200)
    expect([(await whoami(user)).code, (await whoami(made)).code]).toEqual([
      'InvalidClientTokenId',
      'InvalidClientTokenId',
    ])
    await set('Active')
    expect([(await whoami(user)).status, (await whoami(made)).status]).toEqual([200, 200])
  })

  it.each([
    [{ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Status: 'Inactive' }, 'NoSuchEntity'],
    [{ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Status: 'Off' }, 'ValidationError'],
    [{ AccessKeyId: 'short', Status: 'Inactive' }, 'ValidationError'],
    [{ Status: 'Inactive' }, 'ValidationError'],
  ])('refuses %j', async (fields, code) => {
    expect((await iam('UpdateAccessKey', { UserName: 'jo', ...fields })).code).toBe(code)
  })
})

it('DeleteAccessKey deletes a key, and with it the sessions that it has begun', async () => {
  const made = await session()
  const key = await created()
  const fields = { UserName: 'jo', AccessKeyId: user.accessKeyId }
  expect((await iam('DeleteAccessKey', fields, key)).status).toBe(200)
  expect((await whoami(made)).code).toBe('InvalidClientTokenId')
  expect(await iam('DeleteAccessKey', fields, key)).toMatchObject({
    status: 404,
    code: 'NoSuchEntity',
    message: `The Access Key with id ${user.accessKeyId} cannot be found.`,
  })
})

it.each(['ListAccessKeys', 'UpdateAccessKey'])('%s wants to know the user of temporary credentials', async (action) => {
  const made = await session()
  const fields: Record<string, string> =
    action === 'ListAccessKeys' ? {} : { AccessKeyId: user.accessKeyId, Status: 'Active' }
  expect((await iam(action, fields, made)).code).toBe('ValidationError')
  expect((await iam(action, { ...fields, UserName: 'jo' }, made)).status).toBe(200)
})

describe('GetAccessKeyLastUsed', () => {
  const lastUsed = (AccessKeyId: string) => iam('GetAccessKeyLastUsed', { AccessKeyId })

  it('says N/A of a key that has signed nothing', async () => {
    const { accessKeyId } = await created()
    const reply = await lastUsed(accessKeyId)
    expect([reply.text('UserName'), reply.text('ServiceName'), reply.text('Region')]).toEqual(['jo', 'N/A', 'N/A'])
    expect(reply.xml).not.toContain('LastUsedDate')
  })

  it('says when, where and for what a key has signed last, and does not count its sessions', async () => {
    const key = await created()
    await aws.call(key, { Action: 'GetSessionToken' }, { region: 'eu-west-1' })
    const made = await session()
    aws.clock.advance(10 * 60_000)
    await whoami(made)
    const reply = await lastUsed(key.accessKeyId)
    expect([reply.text('LastUsedDate'), reply.text('ServiceName'), reply.text('Region')]).toEqual([
      '2026-01-02T03:04:00Z',
      'sts',
      'eu-west-1',
    ])
  })

  it('says nothing of a key that is not the caller’s', async () => {
    const kim = await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/kim' })
    expect((await lastUsed(kim.accessKeyId)).code).toBe('AccessDenied')
    expect((await lastUsed('AKIAIOSFODNN7EXAMPLE')).code).toBe('AccessDenied')
  })
})

it('as it ships, the embedded AWS does not know a new key for a moment, the same each time', async () => {
  const plain = await createDevAws({ now: aws.clock.now, log: () => {} })
  const key = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'a secret', status: 'Active', createdAtMs: 0 } as const
  const rights = { mayAssume: [], policy: [{ Effect: 'Allow' as const, Action: ['iam:*'], Resource: ['*'] }] }
  const jo = { account: '111122223333', name: 'jo', id: 'AIDA', createdAtMs: 0, mfaDevices: [], ...rights }
  plain.directory.state.users.push({ ...jo, accessKeys: [key] })
  const first = { accessKeyId: key.id, secretAccessKey: key.secret }
  const call = (who: Who, Action: string, service: 'iam' | 'sts') =>
    callAws(plain.endpoint, who, { Action }, { service, region: 'us-east-1', atMs: aws.clock.now() })
  const reply = await call(first, 'CreateAccessKey', 'iam')
  const second = { accessKeyId: reply.text('AccessKeyId'), secretAccessKey: reply.text('SecretAccessKey') }
  expect((await call(first, 'GetCallerIdentity', 'sts')).status).toBe(200)
  aws.clock.advance(1_499)
  expect((await call(second, 'GetCallerIdentity', 'sts')).code).toBe('InvalidClientTokenId')
  aws.clock.advance(1)
  expect((await call(second, 'GetCallerIdentity', 'sts')).status).toBe(200)
  await plain.close()
})
