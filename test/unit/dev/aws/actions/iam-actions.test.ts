import { beforeEach, expect, it } from 'vitest'
import {
  addUser,
  credentialsOf,
  startDevAws,
  type TestAws,
  type TestUser,
  trusting,
} from '../../../../support/dev-aws.ts'

let aws: TestAws
let user: TestUser

beforeEach(async () => {
  aws = await startDevAws()
  user = await addUser(aws)
})

const iam = (action: string, fields: Record<string, string> = {}, who: Parameters<TestAws['call']>[0] = user) =>
  aws.call(who, { Action: action, ...fields }, { service: 'iam', region: 'us-east-1' })

it('GetUser says who the caller is, by name or without', async () => {
  for (const fields of [{}, { UserName: 'jo' }]) {
    const reply = await iam('GetUser', fields)
    expect(reply.text('UserName')).toBe('jo')
    expect(reply.text('Arn')).toBe(user.arn)
    expect(reply.text('Path')).toBe('/')
    expect(reply.text('CreateDate')).toBe('2026-01-02T03:04:05Z')
  }
})

it('ListMFADevices lists the caller’s devices', async () => {
  const phone = 'arn:aws:iam::111122223333:mfa/phone'
  await aws.addMfaDevice(user.arn, { serialNumber: phone })
  const { xml } = await iam('ListMFADevices')
  expect(xml.match(/<SerialNumber>[^<]*/g)).toEqual([`<SerialNumber>${user.mfaSerial}`, `<SerialNumber>${phone}`])
  expect(xml).toContain('<IsTruncated>false</IsTruncated>')
})

it('ListAccessKeys lists the caller’s keys without their secrets', async () => {
  await aws.setAccessKeyStatus((await aws.addAccessKey(user.arn)).accessKeyId, 'Inactive')
  const { xml } = await iam('ListAccessKeys')
  expect(xml.match(/<AccessKeyId>[^<]*/g)?.[0]).toBe(`<AccessKeyId>${user.accessKeyId}`)
  expect(xml.match(/<Status>[^<]*/g)).toEqual(['<Status>Active', '<Status>Inactive'])
  expect(xml).not.toContain(user.secretAccessKey)
})

it.each(['GetUser', 'ListMFADevices', 'ListAccessKeys'])('%s shows nobody else', async (action) => {
  await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/other' })
  expect(await iam(action, { UserName: 'other' })).toMatchObject({
    status: 403,
    code: 'AccessDenied',
    message: `User: ${user.arn} is not authorized to perform: iam:${action} on resource: user other because no identity-based policy allows the iam:${action} action`,
  })
})

it('a role session is no user', async () => {
  const role = 'arn:aws:iam::123456789012:role/Dev'
  await aws.addRole({ arn: role, trustPolicy: trusting('*') })
  const session = credentialsOf(await aws.call(user, { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'jo' }))
  expect(await iam('GetUser', {}, session)).toMatchObject({
    status: 400,
    code: 'ValidationError',
    message: 'Must specify userName when calling with non-User credentials',
  })
  expect(await iam('GetUser', { UserName: 'jo' }, session)).toMatchObject({ status: 403, code: 'AccessDenied' })
})
