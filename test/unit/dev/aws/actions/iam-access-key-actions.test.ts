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

it('ListAccessKeys lists the caller’s keys without their secrets', async () => {
  await aws.setAccessKeyStatus((await aws.addAccessKey(user.arn)).accessKeyId, 'Inactive')
  const { xml } = await iam('ListAccessKeys')
  expect(xml.match(/<AccessKeyId>[^<]*/g)?.[0]).toBe(`<AccessKeyId>${user.accessKeyId}`)
  expect(xml.match(/<Status>[^<]*/g)).toEqual(['<Status>Active', '<Status>Inactive'])
  expect(xml).not.toContain(user.secretAccessKey)
})
