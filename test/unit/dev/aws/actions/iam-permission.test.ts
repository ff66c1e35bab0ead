import { beforeEach, expect, it } from 'vitest'
import { ownCredentialsBehindMfa } from '../../../../../src/dev/aws/seed-policies.ts'
import {
  addUser,
  credentialsOf,
  startDevAws,
  type TestAws,
  type TestUser,
  trusting,
  withCode,
} from '../../../../support/dev-aws.ts'

let aws: TestAws
let user: TestUser

beforeEach(async () => {
  aws = await startDevAws()
  user = await addUser(aws)
})

const iam = (action: string, fields: Record<string, string> = {}, who: Parameters<TestAws['call']>[0] = user) =>
  aws.call(who, { Action: action, ...fields }, { service: 'iam', region: 'us-east-1' })

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

it('a user whose policy wants a code first is told that it denies the call', async () => {
  aws.user(user.arn)!.policy = ownCredentialsBehindMfa
  expect(await iam('ListAccessKeys')).toMatchObject({
    status: 403,
    code: 'AccessDenied',
    message: `User: ${user.arn} is not authorized to perform: iam:ListAccessKeys on resource: user jo with an explicit deny in an identity-based policy`,
  })
  const session = credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) }))
  expect((await iam('ListAccessKeys', { UserName: 'jo' }, session)).status).toBe(200)
})

it('a policy that wants a code denies roles too, whatever they trust', async () => {
  const role = 'arn:aws:iam::123456789012:role/Dev'
  await aws.addRole({ arn: role, trustPolicy: trusting(user.arn) })
  const assume = { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'jo' }
  expect((await aws.call(user, assume)).status).toBe(200)
  aws.user(user.arn)!.policy = ownCredentialsBehindMfa
  expect((await aws.call(user, assume)).code).toBe('AccessDenied')
  expect((await aws.call(user, { ...assume, ...withCode(user) })).status).toBe(200)
})
