import { beforeEach, expect, it } from 'vitest'
import { addUser, startDevAws, type TestAws, type TestUser } from '../../../../support/dev-aws.ts'

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
