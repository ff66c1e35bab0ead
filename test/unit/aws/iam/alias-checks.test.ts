import { expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { createAliasChecks } from '../../../../src/aws/iam/alias-checks.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const claimed = { accountId: '123456789012', alias: 'acme' }
const signed = {
  credentials: { accessKeyId: 'ASIA', secretAccessKey: new Secret('secret-of-the-role') },
  region: 'eu-central-1',
}

/** @param answers what AWS says, in turn */
function setUp(...answers: (readonly string[] | Error)[]) {
  const clock = fakeClock()
  const log: string[] = []
  let calls = 0
  const iam = {
    async listAccountAliases() {
      const answer = answers[calls]!
      calls += 1
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const logger = createLogger({ level: 'debug', write: (line) => log.push(line) })
  const checks = createAliasChecks(async () => iam, clock, logger)
  return { clock, log, checks, calls: () => calls }
}

it('asks once, however many use the role', async () => {
  const { checks, calls } = setUp(['acme'])
  await Promise.all(Array.from({ length: 20 }, () => checks.check(claimed, signed)))
  expect([checks.stateOf(claimed), calls()]).toEqual(['verified', 1])
  expect(checks.stateOf({ ...claimed, alias: 'other' })).toBe('unverified')
})

it('warns once of an account that has another alias', async () => {
  const { checks, clock, log } = setUp(['other'])
  await checks.check(claimed, signed)
  clock.advance(3_600_000)
  await checks.check(claimed, signed)
  expect(checks.stateOf(claimed)).toBe('wrong')
  expect(log.filter((line) => line.includes('does not have the alias'))).toHaveLength(1)
})

it('does not ask again what a role may not ask', async () => {
  const { checks, clock, calls, log } = setUp(new AwsError('AWS_DENIED', 'no'))
  await checks.check(claimed, signed)
  clock.advance(3_600_000)
  await checks.check(claimed, signed)
  expect([checks.stateOf(claimed), calls()]).toEqual(['unverified', 1])
  expect(log.join()).toContain('the alias of an account is not verified')
})

it('asks again five minutes after AWS could not be reached', async () => {
  const { checks, clock, calls, log } = setUp(new AwsError('AWS_UNREACHABLE', 'away'), ['acme'])
  await checks.check(claimed, signed)
  clock.advance(299_999)
  await checks.check(claimed, signed)
  expect([checks.stateOf(claimed), calls()]).toEqual(['unverified', 1])
  clock.advance(1)
  await checks.check(claimed, signed)
  expect([checks.stateOf(claimed), calls()]).toEqual(['verified', 2])
  expect(log.join()).not.toContain('secret-of-the-role')
})
