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
  it('that AWS has taken lately is not asked about again', async () => {
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

  it('is asked about for another region, another key, and where it is said', async () => {
    const { sts, key, checks } = setUp()
    await checks.check('master', key, 'eu-west-1')
    await checks.check('master', key, 'eu-west-3')
    await checks.check('master', sts.addUser(jo), 'eu-west-3')
    await checks.ask('master', key, 'eu-west-3')
    expect(sts.calls).toHaveLength(4)
  })

  it('that AWS takes only where it is always on is used there', async () => {
    const { sts, key, checks } = setUp()
    sts.optOut('ap-east-1')
    expect((await checks.check('master', key, 'ap-east-1')).region).toBe('us-east-1')
  })

  it('that AWS takes nowhere is refused each time', async () => {
    const { sts, key, checks } = setUp()
    sts.deactivate(key.accessKeyId)
    for (const calls of [2, 4]) {
      expect(await rejection(checks.check('master', key, 'eu-west-1'))).toMatchObject({ code: 'AWS_KEY_REFUSED' })
      expect(sts.calls).toHaveLength(calls)
    }
  })

  it('with another secret is refused where it was asked about', async () => {
    const { sts, key, checks } = setUp()
    const wrong = { ...key, secretAccessKey: new Secret('wrong') }
    const error = await rejection(checks.check('master', wrong, 'eu-west-1'))
    expect(error).toMatchObject({ code: 'AWS_KEY_REFUSED' })
    expect(sts.calls).toHaveLength(1)
  })

  it('of which AWS cannot say anything is not refused', async () => {
    const { sts, key, checks } = setUp()
    sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    expect(await rejection(checks.check('master', key, 'eu-west-1'))).toMatchObject({ code: 'AWS_UNREACHABLE' })
  })
})
