import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { createCallerIdentities, personFromArn } from '../../../../src/aws/sts/caller-identity.ts'
import { stubSts } from '../../../support/aws-stub-sts.ts'
import { settled } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

it.each([
  ['arn:aws:iam::111122223333:mfa/jo', 'jo'],
  ['arn:aws:iam::111122223333:user/team/a/jo@example.com', 'jo@example.com'],
  ['arn:aws:sts::111122223333:assumed-role/Dev/jo', 'jo'],
  ['arn:aws:iam::111122223333:root', 'root'],
  ['arn:aws:iam::111122223333:user/j', 'latchkey-j'],
])('the person in %s is %s', (arn, sessionName) => {
  expect(personFromArn(arn)).toEqual({ accountId: '111122223333', sessionName })
})

it('a hardware serial names nobody', () => {
  expect(personFromArn('GAHT12345678')).toBeUndefined()
})

describe('the person behind a source', () => {
  const setUp = () => {
    const sts = stubSts(fakeClock())
    const credentials = sts.addUser('arn:aws:iam::111122223333:user/jo')
    const request = { source: 'master', region: 'eu-west-1', credentials }
    return { sts, request, identities: createCallerIdentities(async () => sts) }
  }

  it('is read from the device without a call', async () => {
    const { sts, request, identities } = setUp()
    const mfaSerial = 'arn:aws:iam::111122223333:mfa/kim'
    expect(await identities.personOf({ ...request, mfaSerial })).toMatchObject({ sessionName: 'kim' })
    expect(sts.calls).toEqual([])
  })

  it('names roles as AWS has the user, whatever the device is called, and is asked about once', async () => {
    const { sts, request, identities } = setUp()
    const mfaSerial = 'arn:aws:iam::111122223333:mfa/phone'
    expect(await identities.nameOf({ ...request, mfaSerial })).toBe('jo')
    expect(await identities.nameOf({ ...request, mfaSerial })).toBe('jo')
    expect(sts.calls).toHaveLength(1)
  })

  it('is not asked about where AWS has said who it is, and that counts for one server', async () => {
    const { sts, request, identities } = setUp()
    const arn = 'arn:aws:iam::111122223333:user/al'
    identities.learn('master', undefined, { accountId: '111122223333', arn, region: 'eu-west-1' })
    expect(await identities.nameOf({ ...request, mfaSerial: undefined })).toBe('al')
    expect(sts.calls).toEqual([])
    const endpoint = { url: 'https://sts.example.com', isFips: false, isDualStack: false }
    expect(await identities.nameOf({ ...request, endpoint, mfaSerial: undefined })).toBe('jo')
    identities.forget('master')
    expect(await identities.nameOf({ ...request, mfaSerial: undefined })).toBe('jo')
  })

  it('goes by its device where only the credentials of a role are at hand', async () => {
    const { sts, request, identities } = setUp()
    const role = 'arn:aws:iam::111122223333:role/R'
    sts.addRole(role)
    const credentials = await sts.assumeRole({ ...request, roleArn: role, sessionName: 'fixed', durationSeconds: 900 })
    const of = { ...request, credentials }
    expect(await identities.nameOf({ ...of, mfaSerial: 'arn:aws:iam::111122223333:mfa/kim' })).toBe('kim')
    expect(await identities.nameOf({ ...of, mfaSerial: undefined })).toBe('fixed')
  })

  it('is asked of AWS once for many who want to know at the same time, and again after a failure', async () => {
    const { sts, request, identities } = setUp()
    const many = () =>
      Promise.allSettled(Array.from({ length: 20 }, () => identities.personOf({ ...request, mfaSerial: undefined })))
    sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    expect(new Set((await many()).map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(new Set((await many()).map(({ status }) => status))).toEqual(new Set(['fulfilled']))
    expect(sts.calls).toHaveLength(1)
  })

  it('that was forgotten meanwhile is asked about again', async () => {
    const { sts, request, identities } = setUp()
    const release = sts.hold('GetCallerIdentity')
    const waiting = identities.personOf({ ...request, mfaSerial: undefined })
    await settled()
    identities.forget('master')
    release()
    await waiting
    await identities.personOf({ ...request, mfaSerial: undefined })
    expect(sts.calls).toHaveLength(2)
  })

  it('is asked of AWS once where the device is a serial number', async () => {
    const { sts, request, identities } = setUp()
    const mfaSerial = 'GAHT12345678'
    expect(await identities.personOf({ ...request, mfaSerial })).toEqual({
      accountId: '111122223333',
      sessionName: 'jo',
    })
    await identities.personOf({ ...request, mfaSerial: undefined })
    expect(sts.calls).toHaveLength(1)
  })

  it('is asked again when the key has changed', async () => {
    const { sts, request, identities } = setUp()
    await identities.personOf({ ...request, mfaSerial: undefined })
    identities.forget('master')
    const credentials = sts.addUser('arn:aws:iam::111122223333:user/kim')
    expect(await identities.personOf({ ...request, credentials, mfaSerial: undefined })).toMatchObject({
      sessionName: 'kim',
    })
  })
})
