import { expect, it } from 'vitest'
import { AwsError, isAwsError } from '../../../../src/aws/aws-error.ts'
import { untilKnown } from '../../../../src/aws/iam/until-known.ts'
import { rejection, settled } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const unknown = new AwsError('AWS_TOKEN_UNKNOWN', 'who is that?')
const isUnknown = (error: unknown) => isAwsError(error, 'AWS_TOKEN_UNKNOWN')

/** @returns when it was tried, in ms */
async function tries(work: (atMs: number) => Promise<unknown>) {
  const clock = fakeClock()
  const startMs = clock.uptime()
  const times: number[] = []
  let isDone = false
  const done = () => {
    isDone = true
  }
  const outcome = untilKnown(clock, isUnknown, () => {
    times.push(clock.uptime() - startMs)
    return work(clock.uptime() - startMs)
  })
  outcome.then(done, done)
  while (!isDone) {
    await settled()
    clock.advance(10)
  }
  return { outcome, times, pending: clock.pendingTimers() }
}

it('tries again after pauses that grow, until AWS knows', async () => {
  const { outcome, times } = await tries((atMs) => (atMs < 5_000 ? Promise.reject(unknown) : Promise.resolve('known')))
  expect(await outcome).toBe('known')
  expect(times).toEqual([0, 250, 750, 1_750, 3_750, 7_750])
})

it('gives up after half a minute, with what AWS said last', async () => {
  const { outcome, times, pending } = await tries(() => Promise.reject(unknown))
  expect(await rejection(outcome)).toBe(unknown)
  expect(times.at(-1)).toBeLessThanOrEqual(30_000)
  expect(times.at(-1)).toBeGreaterThan(25_000)
  expect(pending).toBe(0)
})

it('does not try again after any other failure', async () => {
  const denied = new AwsError('AWS_DENIED', 'no')
  const { outcome, times } = await tries(() => Promise.reject(denied))
  expect(await rejection(outcome)).toBe(denied)
  expect(times).toEqual([0])
})
