import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { createKeyChecks } from '../../../../src/aws/keys/key-checks.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { stubSts } from '../../../support/aws-stub-sts.ts'
import { rejection } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const jo = 'arn:aws:iam::111122223333:user/jo'

function setUp() {
  const clock = fakeClock()
  const sts = stubSts(clock)
  return { clock, sts, key: sts.addUser(jo), checks: createKeyChecks({ sts: async () => sts, clock }) }
}

describe('a long-term key', () => {
  it('that AWS has accepted recently is not asked about again', async () => {
    const { clock, sts, key, checks } = setUp()
    const caller = { region: 'eu-west-1', accountId: '111122223333', arn: jo }
    expect(await checks.check('master', key, 'eu-west-1')).toEqual(caller)
    clock.advance(4 * 60_000)
    expect(await checks.check('master', key, 'eu-west-1')).toEqual(caller)
    expect(sts.calls).toHaveLength(1)
    clock.advance(60_000)
    await checks.check('master', key, 'eu-west-1')
    expect(sts.calls).toHaveLength(2)
  })

  it('is asked about for another region, for another key, and on request', async () => {
    const { sts, key, checks } = setUp()
    await checks.check('master', key, 'eu-west-1')
    await checks.check('master', key, 'eu-west-3')
    await checks.check('master', sts.addUser(jo), 'eu-west-3')
    await checks.ask('master', key, 'eu-west-3')
    expect(sts.calls).toHaveLength(4)
  })

  it('that AWS accepts only in the region that is always on is used there', async () => {
    const { sts, key, checks } = setUp()
    sts.optOut('ap-east-1')
    expect((await checks.check('master', key, 'ap-east-1')).region).toBe('us-east-1')
  })

  it('that AWS accepts nowhere is refused each time', async () => {
    const { sts, key, checks } = setUp()
    sts.deactivate(key.accessKeyId)
    for (const calls of [2, 4]) {
      expect(await rejection(checks.check('master', key, 'eu-west-1'))).toMatchObject({ code: 'AWS_KEY_REFUSED' })
      expect(sts.calls).toHaveLength(calls)
    }
  })

  it('with a wrong secret is refused in the region that was asked', async () => {
    const { sts, key, checks } = setUp()
    const wrong = { ...key, secretAccessKey: new Secret('wrong') }
    const error = await rejection(checks.check('master', wrong, 'eu-west-1'))
    expect(error).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(sts.calls).toHaveLength(1)
  })

  it('that AWS can say nothing about is not refused', async () => {
    const { sts, key, checks } = setUp()
    sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    expect(await rejection(checks.check('master', key, 'eu-west-1'))).toMatchObject({ code: 'AWS_UNREACHABLE' })
  })
})
