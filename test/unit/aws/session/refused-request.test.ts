import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { devRole, person, rejection, serial, unattended, usualSettings, world } from '../../../support/aws-world.ts'

/** A role whose region the account has not opted in to. */
const farAway = {
  ...usualSettings,
  profiles: { ...usualSettings.profiles, far: { role: devRole, source: 'master', region: 'ap-east-1' } },
}

describe('a region that does not know the session', () => {
  it('costs no code: the role is assumed where the session was made', async () => {
    const { aws, sts, asked, keychain } = await world({ settings: farAway })
    await aws.credentials('prod', person)
    sts.optOut('ap-east-1')
    const stored = await keychain.list()
    const before = sts.calls.length
    expect((await aws.credentials('far', unattended)).accountId).toBe('123456789012')
    expect(sts.calls.slice(before).map(({ action, region }) => `${action} ${region}`)).toEqual([
      'AssumeRole ap-east-1',
      'GetCallerIdentity eu-west-1',
      'AssumeRole eu-west-1',
    ])
    expect(asked).toHaveLength(1)
    expect(await keychain.list()).toEqual(stored)
  })

  it('nor the key costs no code either: the session is asked for, and asked about, where the key is known', async () => {
    const { aws, sts, asked } = await world({ settings: farAway })
    sts.optOut('ap-east-1')
    await aws.credentials('far', person)
    expect(sts.calls.map(({ action, region }) => `${action} ${region}`)).toEqual([
      'GetCallerIdentity ap-east-1',
      'GetCallerIdentity us-east-1',
      'GetSessionToken us-east-1',
      'AssumeRole ap-east-1',
      'GetCallerIdentity us-east-1',
      'AssumeRole us-east-1',
    ])
    expect(asked).toHaveLength(1)
  })

  it('nor takes it for the role where it was made is final, and said with the region', async () => {
    const { aws, sts, asked } = await world({ settings: farAway })
    await aws.credentials('prod', person)
    const unknown = () => new AwsError('AWS_TOKEN_UNKNOWN', 'AWS does not know it')
    for (let count = 0; count < 9; count += 1) sts.failNext('AssumeRole', unknown())
    const before = sts.calls.length
    const error = await rejection(aws.credentials('far', person))
    expect(error).toMatchObject({ code: 'AWS_BAD_RESPONSE', message: expect.stringContaining('eu-west-1') })
    // What fails before it is looked at is not among the calls; AWS is asked about the session once.
    expect(sts.calls.slice(before).map(({ action, region }) => `${action} ${region}`)).toEqual([
      'GetCallerIdentity eu-west-1',
    ])
    expect(asked).toHaveLength(1)
  })

  it('drops nothing where AWS cannot be asked about it', async () => {
    const { aws, sts, asked } = await world({ settings: farAway })
    await aws.credentials('prod', person)
    sts.optOut('ap-east-1')
    sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    expect(await rejection(aws.credentials('far', person))).toMatchObject({ code: 'AWS_UNREACHABLE' })
    expect((await aws.status()).sessions).toHaveLength(1)
    await aws.credentials('far', person)
    expect(asked).toHaveLength(1)
  })

  it('drops no credentials of a role either', async () => {
    const settings = {
      ...usualSettings,
      profiles: { ...usualSettings.profiles, deep: { ...usualSettings.profiles.deep!, region: 'ap-east-1' } },
    }
    const { aws, sts } = await world({ settings })
    await aws.credentials('dev', person)
    sts.optOut('ap-east-1')
    const before = sts.calls.length
    await aws.credentials('deep', unattended)
    expect(sts.calls.slice(before).map(({ action, region }) => `${action} ${region}`)).toEqual([
      'AssumeRole ap-east-1',
      'GetCallerIdentity eu-central-1',
      'AssumeRole eu-central-1',
    ])
  })

  it('says nothing against a long-term key', async () => {
    const { aws, sts } = await world({
      settings: { sources: { master: {} }, profiles: { ci: { role: devRole, source: 'master', region: 'ap-east-1' } } },
    })
    sts.addRole(devRole)
    sts.optOut('ap-east-1')
    expect((await aws.credentials('ci', unattended)).accountId).toBe('123456789012')
  })

  it('does not keep a long-term key out', async () => {
    const { aws, sts, key } = await world({
      settings: { sources: { master: { mfa_serial: serial, region: 'ap-east-1' } }, profiles: {} },
    })
    sts.optOut('ap-east-1')
    expect(await aws.keys.put('master', key)).toMatchObject({ isVerified: true, accountId: '111122223333' })
  })
})

it('nobody is asked twice for one call, even where AWS refuses the new session as it did the old one', async () => {
  const { aws, sts, asked, answers } = await world()
  const expired = () => new AwsError('AWS_TOKEN_EXPIRED', 'expired')
  answers.push(() => {
    sts.failNext('AssumeRole', expired())
    sts.failNext('GetCallerIdentity', expired())
    return sts.code(serial)
  })
  expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_TOKEN_EXPIRED' })
  expect(asked).toHaveLength(1)
  expect((await aws.status()).sessions).toEqual([])
})

it('a refusal of credentials that AWS knows in the same region is final: nothing is dropped, and nobody asked', async () => {
  const { aws, sts, asked } = await world()
  const { accessKeyId } = await aws.credentials('dev', person)
  sts.failNext('AssumeRole', new AwsError('AWS_TOKEN_UNKNOWN', 'AWS does not know it'))
  expect(await rejection(aws.credentials('deep', person))).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
  expect((await aws.credentials('dev', person)).accessKeyId).toBe(accessKeyId)
  await aws.credentials('deep', person)
  expect(asked).toHaveLength(1)
})
