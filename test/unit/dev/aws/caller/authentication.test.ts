import aws4 from 'aws4'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  type AwsReply,
  addUser,
  type Credentials,
  credentialsOf,
  send,
  startDevAws,
  type TestAws,
  type TestUser,
  trusting,
  withCode,
} from '../../../../support/dev-aws.ts'

const whoAmI = { Action: 'GetCallerIdentity' }
const role = 'arn:aws:iam::123456789012:role/Dev'
const seconds = 1000

let aws: TestAws
let user: TestUser

beforeEach(async () => {
  aws = await startDevAws()
  user = await addUser(aws)
})

async function userSession(fields: Record<string, string> = {}): Promise<Required<Credentials>> {
  return credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...fields }))
}

async function roleSession(): Promise<Required<Credentials>> {
  if (aws.role(role) === undefined) await aws.addRole({ arn: role, trustPolicy: trusting('*') })
  const fields = { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'jo' }
  return credentialsOf(await aws.call(user, fields))
}

function expectInvalidToken(reply: AwsReply): void {
  expect(reply).toMatchObject({
    status: 403,
    code: 'InvalidClientTokenId',
    message: 'The security token included in the request is invalid.',
  })
}

describe('long-term keys', () => {
  it('say who is calling', async () => {
    const reply = await aws.call(user, whoAmI)
    expect(reply.status).toBe(200)
    expect(reply.text('Arn')).toBe(user.arn)
    expect(reply.text('Account')).toBe('111122223333')
    expect(reply.text('UserId')).toBe(aws.user(user.arn)?.id)
  })

  it('are refused with a wrong secret', async () => {
    const reply = await aws.call({ ...user, secretAccessKey: `${user.secretAccessKey}x` }, whoAmI)
    expect(reply).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
  })

  it('are refused where nobody has them, and with a session token', async () => {
    const session = await userSession()
    expectInvalidToken(await aws.call({ ...user, accessKeyId: 'AKIAEXAMPLE' }, whoAmI))
    expectInvalidToken(await aws.call({ ...user, sessionToken: session.sessionToken }, whoAmI))
  })

  it('are refused while they are inactive, and after they or their user were removed', async () => {
    await aws.setAccessKeyStatus(user.accessKeyId, 'Inactive')
    expectInvalidToken(await aws.call(user, whoAmI))
    await aws.setAccessKeyStatus(user.accessKeyId, 'Active')
    expect((await aws.call(user, whoAmI)).status).toBe(200)
    await aws.removeAccessKey(user.accessKeyId)
    expectInvalidToken(await aws.call(user, whoAmI))
    const other = await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/other' })
    await aws.removeUser(other.arn)
    expectInvalidToken(await aws.call(other, whoAmI))
  })

  it('are good at once, even if the clock is set back after they were made', async () => {
    let backMs = 0
    const own = await startDevAws({ clock: aws.clock, faults: { clockOffsetMs: () => -backMs } })
    const newcomer = await addUser(own)
    backMs = 10 * 60 * seconds
    expect((await own.call(newcomer, whoAmI)).status).toBe(200)
  })

  it('are not known everywhere as soon as they are made, where that is asked for', async () => {
    const slow = await startDevAws({ clock: aws.clock, faults: { newKeyDelayMs: () => 10 * seconds } })
    const newcomer = await addUser(slow)
    expectInvalidToken(await slow.call(newcomer, whoAmI))
    aws.clock.advance(10 * seconds)
    expect((await slow.call(newcomer, whoAmI)).status).toBe(200)
  })
})

describe('a session', () => {
  it('is refused without its token, with another one, and with a changed one', async () => {
    const session = await userSession()
    const { sessionToken } = await userSession()
    expect((await aws.call(session, whoAmI)).status).toBe(200)
    expectInvalidToken(await aws.call({ ...session, sessionToken }, whoAmI))
    expectInvalidToken(await aws.call({ ...session, sessionToken: `x${session.sessionToken}` }, whoAmI))
    const { accessKeyId, secretAccessKey } = session
    expectInvalidToken(await aws.call({ accessKeyId, secretAccessKey }, whoAmI))
  })

  it('is refused with a wrong secret', async () => {
    const session = await userSession()
    const reply = await aws.call({ ...session, secretAccessKey: user.secretAccessKey }, whoAmI)
    expect(reply.code).toBe('SignatureDoesNotMatch')
  })

  it('ends at its expiry', async () => {
    const session = await userSession({ DurationSeconds: '900' })
    aws.clock.advance(899 * seconds)
    expect((await aws.call(session, whoAmI)).status).toBe(200)
    aws.clock.advance(1 * seconds)
    expect(await aws.call(session, whoAmI)).toMatchObject({
      status: 403,
      code: 'ExpiredToken',
      message: 'The security token included in the request is expired',
    })
  })

  it('that has ended says so only to its holder', async () => {
    const session = await userSession({ DurationSeconds: '900' })
    aws.clock.advance(900 * seconds)
    const reply = await aws.call({ ...session, secretAccessKey: 'guess' }, whoAmI)
    expect(reply.code).toBe('SignatureDoesNotMatch')
  })

  it('of a user dies with the access key that it came from', async () => {
    const session = await userSession()
    await aws.setAccessKeyStatus(user.accessKeyId, 'Inactive')
    expectInvalidToken(await aws.call(session, whoAmI))
    await aws.setAccessKeyStatus(user.accessKeyId, 'Active')
    expect((await aws.call(session, whoAmI)).status).toBe(200)
    await aws.removeAccessKey(user.accessKeyId)
    expectInvalidToken(await aws.call(session, whoAmI))
  })

  it('of a role says so, and outlives the access key', async () => {
    const session = await roleSession()
    await aws.removeAccessKey(user.accessKeyId)
    const reply = await aws.call(session, whoAmI)
    expect(reply.text('Arn')).toBe('arn:aws:sts::123456789012:assumed-role/Dev/jo')
    expect(reply.text('UserId')).toBe(`${aws.role(role)?.id}:jo`)
    expect(reply.text('Account')).toBe('123456789012')
  })

  it('of a role dies with the role, even if there is another of the same name', async () => {
    const session = await roleSession()
    await aws.removeRole(role)
    expectInvalidToken(await aws.call(session, whoAmI))
    await aws.addRole({ arn: role, trustPolicy: trusting('*') })
    expectInvalidToken(await aws.call(session, whoAmI))
  })

  it('of another AWS is nothing here', async () => {
    const other = await startDevAws()
    const stranger = await addUser(other)
    const session = credentialsOf(await other.call(stranger, { Action: 'GetSessionToken' }))
    expectInvalidToken(await aws.call(session, whoAmI))
  })
})

describe('IAM', () => {
  const getUser = { Action: 'GetUser' }
  const iam = { service: 'iam', region: 'us-east-1' } as const

  it('is called with long-term keys and with a session that has MFA', async () => {
    expect((await aws.call(user, getUser, iam)).status).toBe(200)
    expect((await aws.call(await userSession(withCode(user)), getUser, iam)).status).toBe(200)
  })

  it('is not called with a session without MFA', async () => {
    expectInvalidToken(await aws.call(await userSession(), getUser, iam))
  })

  it('wants a signature for IAM', async () => {
    const reply = await aws.call(user, { ...getUser, Version: '2010-05-08' }, { service: 'sts' })
    expect(reply.message).toBe("Credential should be scoped to correct service: 'iam'. ")
  })
})

describe('a request', () => {
  it('must be signed', async () => {
    const reply = await aws.call(user, whoAmI, { tamper: ({ headers }) => delete headers!.Authorization })
    expect(reply).toMatchObject({ status: 403, code: 'MissingAuthenticationToken' })
  })

  it('must be signed for a region of the endpoint', async () => {
    for (const region of ['us-east-1', 'eu-central-2', 'ap-southeast-5', 'il-central-1']) {
      expect((await aws.call(user, whoAmI, { region })).status).toBe(200)
    }
    for (const region of ['cn-north-1', 'us-gov-west-1', 'eusc-de-east-1', 'us-iso-east-1', 'eu', 'local']) {
      const reply = await aws.call(user, whoAmI, { region })
      expect(reply.message).toBe(`Credential should be scoped to a valid region, not '${region}'. `)
    }
    const frankfurt = await startDevAws({ regions: ['eu-central-1'] })
    const berliner = await addUser(frankfurt)
    expect((await frankfurt.call(berliner, whoAmI, { region: 'eu-central-1' })).status).toBe(200)
    expect((await frankfurt.call(berliner, whoAmI)).code).toBe('SignatureDoesNotMatch')
  })

  it('must be of now', async () => {
    const late = await aws.call(user, whoAmI, { atMs: aws.clock.now() - 16 * 60 * seconds })
    expect(late.message).toMatch(/^Signature expired: .* is now earlier than .* - 15 min\.\)$/)
    const early = await aws.call(user, whoAmI, { atMs: aws.clock.now() + 16 * 60 * seconds })
    expect(early.message).toMatch(/^Signature not yet current: .* is still later than .* \+ 15 min\.\)$/)
  })

  it('whose body was changed on the way is refused', async () => {
    const tamper = (request: aws4.Request) => {
      request.body = Buffer.concat([Buffer.from(request.body!), Buffer.from('&More=1')])
      request.headers!['Content-Length'] = request.body.length
    }
    const reply = await aws.call(user, whoAmI, { tamper })
    expect(reply).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
  })

  it('may be a GET', async () => {
    const { hostname, port, host } = new URL(aws.endpoint)
    const path = '/?Action=GetCallerIdentity&Version=2011-06-15'
    const headers = { Host: host, 'X-Amz-Date': '20260102T030405Z' }
    const signed = aws4.sign({ path, service: 'sts', region: 'eu-west-1', headers }, user)
    const reply = await send({ ...signed, hostname, port: Number(port) })
    expect(reply.text('Arn')).toBe(user.arn)
  })
})
