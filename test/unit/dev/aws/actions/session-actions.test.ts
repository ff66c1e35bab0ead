import { beforeEach, describe, expect, it } from 'vitest'
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

const getSession = (fields: Record<string, string> = {}) => aws.call(user, { Action: 'GetSessionToken', ...fields })
const lifetimeSeconds = (expiration: string) => (Date.parse(expiration) - aws.clock.now()) / 1000

describe('GetSessionToken', () => {
  it('gives temporary credentials of the same user, for 12 hours', async () => {
    const reply = await getSession()
    const session = credentialsOf(reply)
    expect(session.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(session.secretAccessKey).toHaveLength(40)
    expect(lifetimeSeconds(reply.text('Expiration'))).toBe(43_200)
    expect((await aws.call(session, { Action: 'GetCallerIdentity' })).text('Arn')).toBe(user.arn)
  })

  it('gives others at every call', async () => {
    const [first, second] = [credentialsOf(await getSession()), credentialsOf(await getSession())]
    expect(second.accessKeyId).not.toBe(first.accessKeyId)
    expect(second.sessionToken).not.toBe(first.sessionToken)
  })

  it.each(['900', '129600'])('can last %s seconds', async (DurationSeconds) => {
    const reply = await getSession({ DurationSeconds })
    expect(lifetimeSeconds(reply.text('Expiration'))).toBe(Number(DurationSeconds))
  })

  it.each([
    ['899', 'greater than or equal to 900'],
    ['129601', 'less than or equal to 129600'],
  ])('cannot last %s seconds, and the code is not spent on asking', async (DurationSeconds, limit) => {
    const reply = await getSession({ ...withCode(user), DurationSeconds })
    expect(reply).toMatchObject({ status: 400, code: 'ValidationError', message: expect.stringContaining(limit) })
    expect((await getSession(withCode(user))).status).toBe(200)
  })

  it('is for long-term keys only', async () => {
    await aws.addRole({ arn: 'arn:aws:iam::123456789012:role/Dev', trustPolicy: trusting('*') })
    const assume = { Action: 'AssumeRole', RoleArn: 'arn:aws:iam::123456789012:role/Dev', RoleSessionName: 'jo' }
    for (const session of [await getSession(withCode(user)), await aws.call(user, assume)]) {
      expect(await aws.call(credentialsOf(session), { Action: 'GetSessionToken' })).toMatchObject({
        status: 403,
        code: 'AccessDenied',
        message: 'Cannot call GetSessionToken with session credentials',
      })
    }
  })
})
