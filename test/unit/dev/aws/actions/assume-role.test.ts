import { beforeEach, describe, expect, it } from 'vitest'
import {
  type AwsReply,
  addUser,
  type Credentials,
  credentialsOf,
  startDevAws,
  type TestAws,
  type TestUser,
  trusting,
  withCode,
} from '../../../../support/dev-aws.ts'

const master = 'arn:aws:iam::111122223333:root'
const dev = 'arn:aws:iam::123456789012:role/Dev'
const audit = 'arn:aws:iam::123456789012:role/Audit'
const hours = 3600

let aws: TestAws
let user: TestUser

beforeEach(async () => {
  aws = await startDevAws()
  user = await addUser(aws)
})

function assume(who: Credentials, fields: Record<string, string> = {}): Promise<AwsReply> {
  return aws.call(who, { Action: 'AssumeRole', RoleArn: dev, RoleSessionName: 'jo', ...fields })
}

const session = async (fields: Record<string, string> = {}) =>
  credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...fields }))
const mfaSession = () => session(withCode(user))
const lifetimeSeconds = (reply: AwsReply) => (Date.parse(reply.text('Expiration')) - aws.clock.now()) / 1000

function denied(arn = user.arn, action = 'sts:AssumeRole', role = dev) {
  const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${role}`
  return { status: 403, code: 'AccessDenied', message }
}

describe('a role', () => {
  it('is given for an hour to whom its trust policy and their own policy allow it', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master) })
    const reply = await assume(user)
    expect(reply.status).toBe(200)
    expect(lifetimeSeconds(reply)).toBe(3600)
    expect(reply.text('AssumedRoleId')).toBe(`${aws.role(dev)?.id}:jo`)
    expect(reply.text('Arn')).toBe('arn:aws:sts::123456789012:assumed-role/Dev/jo')
    expect(credentialsOf(reply).accessKeyId).toMatch(/^ASIA/)
    expect(reply.xml).not.toContain('SourceIdentity')
  })

  it('that does not exist is denied as one that is not allowed', async () => {
    expect(await assume(user)).toMatchObject(denied())
  })

  it('is denied by its trust policy', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting('arn:aws:iam::999999999999:root') })
    expect(await assume(user)).toMatchObject(denied())
  })

  it('is denied by the caller’s own policy, even if the trust policy names them', async () => {
    const other = await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/other', mayAssume: [audit] })
    await aws.addRole({ arn: dev, trustPolicy: trusting([master, other.arn]) })
    expect(await assume(other)).toMatchObject(denied(other.arn))
    await aws.addRole({ arn: audit, trustPolicy: trusting(master) })
    expect((await assume(other, { RoleArn: audit })).status).toBe(200)
  })

  it('of the caller’s own account needs one policy only, where the trust policy names the caller', async () => {
    const local = 'arn:aws:iam::111122223333:role/Local'
    const other = await addUser(aws, { arn: 'arn:aws:iam::111122223333:user/other', mayAssume: [] })
    await aws.addRole({ arn: local, trustPolicy: trusting(other.arn) })
    expect((await assume(other, { RoleArn: local })).status).toBe(200)
    await aws.setTrustPolicy(local, trusting(master))
    expect(await assume(other, { RoleArn: local })).toMatchObject(denied(other.arn, 'sts:AssumeRole', local))
  })

  it('follows its trust policy as it is now', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master) })
    await aws.setTrustPolicy(dev, trusting('arn:aws:iam::999999999999:root'))
    expect(await assume(user)).toMatchObject(denied())
  })
})

describe('a role behind MFA', () => {
  const withMfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }

  it('is given to a session that a code was given for', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, withMfa) })
    expect((await assume(await mfaSession())).status).toBe(200)
  })

  it('is given for a code in the call itself, which is then spent', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, withMfa) })
    expect((await assume(user, withCode(user))).status).toBe(200)
    expect(await assume(user, withCode(user))).toMatchObject({
      code: 'AccessDenied',
      message: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    })
  })

  it('is denied to long-term keys and to a session without a code', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, withMfa) })
    expect(await assume(user)).toMatchObject(denied())
    expect(await assume(await session())).toMatchObject(denied())
  })

  it('is given to long-term keys where the condition need not be there, and denied to a session without a code', async () => {
    const ifThere = { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, ifThere) })
    expect((await assume(user)).status).toBe(200)
    expect(await assume(await session())).toMatchObject(denied())
  })

  it('spends the code even where it is denied', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting('arn:aws:iam::999999999999:root') })
    expect(await assume(user, withCode(user))).toMatchObject(denied())
    expect((await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) })).code).toBe('AccessDenied')
  })

  it('can demand a code of the last minutes', async () => {
    const recent = { ...withMfa, NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } }
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, recent) })
    const held = await mfaSession()
    aws.clock.advance(3599_000)
    expect((await assume(held)).status).toBe(200)
    aws.clock.advance(1000)
    expect(await assume(held)).toMatchObject(denied())
    expect((await assume(user, withCode(user))).status).toBe(200)
  })

  it('is denied to a role session, which carries no MFA', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master), mayAssume: [audit] })
    const held = credentialsOf(await assume(await mfaSession()))
    for (const condition of [withMfa, { BoolIfExists: withMfa.Bool }]) {
      await aws.addRole({ arn: audit, trustPolicy: trusting(dev, condition) })
      const caller = 'arn:aws:sts::123456789012:assumed-role/Dev/jo'
      expect(await assume(held, { RoleArn: audit })).toMatchObject(denied(caller, 'sts:AssumeRole', audit))
      await aws.removeRole(audit)
    }
  })

  it('is given to a role session where the double is configured to let those carry MFA', async () => {
    aws = await startDevAws({ roleSessionsCarryMfa: true })
    user = await addUser(aws)
    await aws.addRole({ arn: dev, trustPolicy: trusting(master), mayAssume: [audit] })
    await aws.addRole({ arn: audit, trustPolicy: trusting(dev, withMfa) })
    const held = credentialsOf(await assume(await mfaSession()))
    expect((await assume(held, { RoleArn: audit })).status).toBe(200)
    const direct = credentialsOf(await assume(await session()))
    expect((await assume(direct, { RoleArn: audit })).code).toBe('AccessDenied')
  })

  it('cannot be had with a code from a role session: the device is a user’s', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master) })
    const held = credentialsOf(await assume(user))
    expect((await assume(held, withCode(user))).message).toContain('Please verify your MFA serial number')
  })
})

describe('a condition of the trust policy', () => {
  it('can demand an external id', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, { StringEquals: { 'sts:ExternalId': 'shared' } }) })
    expect((await assume(user, { ExternalId: 'shared' })).status).toBe(200)
    expect(await assume(user, { ExternalId: 'other' })).toMatchObject(denied())
    expect(await assume(user)).toMatchObject(denied())
  })

  it('can demand a session name', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, { StringEquals: { 'sts:RoleSessionName': 'jo' } }) })
    expect((await assume(user)).status).toBe(200)
    expect(await assume(user, { RoleSessionName: 'other' })).toMatchObject(denied())
  })
})

describe('a source identity', () => {
  const both = ['sts:AssumeRole', 'sts:SetSourceIdentity']

  it('must be allowed by an action of its own', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master) })
    expect(await assume(user, { SourceIdentity: 'jo' })).toMatchObject(denied(user.arn, 'sts:SetSourceIdentity'))
    await aws.setTrustPolicy(dev, trusting(master, { StringEquals: { 'sts:SourceIdentity': 'jo' } }, both))
    expect((await assume(user, { SourceIdentity: 'jo' })).text('SourceIdentity')).toBe('jo')
    expect(await assume(user, { SourceIdentity: 'other' })).toMatchObject(denied())
    expect(await assume(user)).toMatchObject(denied())
  })

  it('stays through a chain of roles and cannot be replaced', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, undefined, both), mayAssume: [audit] })
    await aws.addRole({ arn: audit, trustPolicy: trusting(dev, undefined, both) })
    const held = credentialsOf(await assume(user, { SourceIdentity: 'jo' }))
    expect((await assume(held, { RoleArn: audit })).text('SourceIdentity')).toBe('jo')
    expect((await assume(held, { RoleArn: audit, SourceIdentity: 'jo' })).status).toBe(200)
    const caller = 'arn:aws:sts::123456789012:assumed-role/Dev/jo'
    const replaced = await assume(held, { RoleArn: audit, SourceIdentity: 'x1' })
    expect(replaced).toMatchObject(denied(caller, 'sts:SetSourceIdentity', audit))
  })
})

describe('session tags', () => {
  const both = ['sts:AssumeRole', 'sts:TagSession']
  const tag = (key: string, value: string, n = 1) => ({
    [`Tags.member.${n}.Key`]: key,
    [`Tags.member.${n}.Value`]: value,
  })

  it('must be allowed by an action of their own, and can be demanded', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master) })
    expect(await assume(user, tag('team', 'ops'))).toMatchObject(denied(user.arn, 'sts:TagSession'))
    await aws.setTrustPolicy(dev, trusting(master, { StringEquals: { 'aws:RequestTag/Team': 'ops' } }, both))
    expect((await assume(user, tag('team', 'ops'))).status).toBe(200)
    expect(await assume(user, tag('team', 'x'))).toMatchObject(denied())
    expect(await assume(user)).toMatchObject(denied())
  })

  it('that are transitive stay through a chain, need the action again, and cannot be replaced', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, undefined, both), mayAssume: [audit] })
    await aws.addRole({ arn: audit, trustPolicy: trusting(dev) })
    const staying = { ...tag('team', 'ops'), 'TransitiveTagKeys.member.1': 'team' }
    const held = credentialsOf(await assume(user, staying))
    const caller = 'arn:aws:sts::123456789012:assumed-role/Dev/jo'
    expect(await assume(held, { RoleArn: audit })).toMatchObject(denied(caller, 'sts:TagSession', audit))
    await aws.setTrustPolicy(audit, trusting(dev, undefined, both))
    expect((await assume(held, { RoleArn: audit })).status).toBe(200)
    expect(await assume(held, { RoleArn: audit, ...tag('Team', 'x') })).toMatchObject({ code: 'ValidationError' })
    expect((await assume(held, { RoleArn: audit, ...tag('env', 'x') })).status).toBe(200)
  })

  it.each([
    [{ ...tag('team', 'a'), ...tag('Team', 'b', 2) }, 'ValidationError'],
    [{ 'TransitiveTagKeys.member.1': 'team' }, 'ValidationError'],
    [tag('k'.repeat(129), 'v'), 'ValidationError'],
    [{ ...tag('a', 'v'.repeat(250)), ...tag('b', 'v'.repeat(250), 2) }, 'PackedPolicyTooLarge'],
    [{ Policy: '{' }, 'MalformedPolicyDocument'],
    [{ Policy: ' '.repeat(2049) }, 'PackedPolicyTooLarge'],
  ])('and policies that AWS would not take are refused: %#', async (fields, code) => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master, undefined, both) })
    expect((await assume(user, fields as Record<string, string>)).code).toBe(code)
  })
})

describe('a duration', () => {
  it('goes from 15 minutes to what the role allows', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master), maxSessionDurationSeconds: 4 * hours })
    expect(lifetimeSeconds(await assume(user, { DurationSeconds: '900' }))).toBe(900)
    expect(lifetimeSeconds(await assume(user, { DurationSeconds: String(4 * hours) }))).toBe(4 * hours)
    expect(await assume(user, { DurationSeconds: String(4 * hours + 1) })).toMatchObject({
      status: 400,
      code: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    })
  })

  it.each([
    ['899', 'greater than or equal to 900'],
    ['43201', 'less than or equal to 43200'],
  ])('of %s seconds is never one', async (DurationSeconds, limit) => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master), maxSessionDurationSeconds: 12 * hours })
    const reply = await assume(user, { DurationSeconds })
    expect(reply).toMatchObject({ code: 'ValidationError', message: expect.stringContaining(limit) })
  })

  it('is an hour at most for a caller that has a session, of a user or of a role', async () => {
    await aws.addRole({
      arn: dev,
      trustPolicy: trusting([master, audit]),
      maxSessionDurationSeconds: 12 * hours,
    })
    await aws.addRole({ arn: audit, trustPolicy: trusting(master), mayAssume: [dev] })
    const ofRole = credentialsOf(await assume(user, { RoleArn: audit }))
    for (const held of [await mfaSession(), ofRole]) {
      expect(lifetimeSeconds(await assume(held, { DurationSeconds: String(hours) }))).toBe(hours)
      expect(await assume(held, { DurationSeconds: String(hours + 1) })).toMatchObject({
        status: 400,
        code: 'ValidationError',
        message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      })
    }
  })

  it('of a role that is denied is not revealed', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting('arn:aws:iam::999999999999:root') })
    expect(await assume(user, { DurationSeconds: '7200' })).toMatchObject(denied())
  })
})

describe('the form', () => {
  it.each([
    [{ RoleSessionName: 'j' }, 'roleSessionName', 'length greater than or equal to 2'],
    [{ RoleSessionName: 'x'.repeat(65) }, 'roleSessionName', 'length less than or equal to 64'],
    [{ RoleSessionName: 'jo jo' }, 'roleSessionName', 'pattern: [\\w+=,.@-]*'],
    [{ SourceIdentity: 'jo/jo' }, 'sourceIdentity', 'pattern: [\\w+=,.@-]*'],
    [{ ExternalId: 'a b' }, 'externalId', 'pattern: [\\w+=,.@:\\/-]*'],
    [{ ExternalId: 'x' }, 'externalId', 'length greater than or equal to 2'],
    [{ RoleArn: 'role' }, 'roleArn', 'length greater than or equal to 20'],
    [{ DurationSeconds: 'long' }, 'durationSeconds', 'Member must be an integer'],
  ])('of %o is checked first', async (fields, field, constraint) => {
    const reply = await assume(user, fields)
    expect(reply).toMatchObject({ status: 400, code: 'ValidationError' })
    expect(reply.message).toContain(`at '${field}' failed to satisfy constraint: `)
    expect(reply.message).toContain(constraint)
  })

  it('needs a role and a session name', async () => {
    const reply = await aws.call(user, { Action: 'AssumeRole' })
    expect(reply.message).toMatch(
      /^2 validation errors detected: Value null at 'roleArn' .*; Value null at 'roleSessionName' /,
    )
  })

  it('needs the ARN of a role', async () => {
    const reply = await assume(user, { RoleArn: user.arn })
    expect(reply).toMatchObject({ code: 'ValidationError', message: `${user.arn} is invalid` })
  })

  it('that holds what could not be judged is refused', async () => {
    await aws.addRole({ arn: dev, trustPolicy: trusting(master) })
    const field = 'ProvidedContexts.member.1.ProviderArn'
    const reply = await assume(user, { [field]: 'x' })
    expect(reply).toMatchObject({ code: 'ValidationError', message: `The embedded AWS cannot judge ${field}.` })
  })
})
