import { expect, it } from 'vitest'
import { withDeadline } from '../../../../src/core/time/deadline.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

it('aborts what takes too long, and not before', async () => {
  const clock = fakeClock()
  const ended = withDeadline(
    clock,
    100,
    (deadline) =>
      new Promise<never>((_, reject) => {
        deadline.addEventListener('abort', () => reject(deadline.reason as Error))
        clock.advance(99)
        expect(deadline.aborted).toBe(false)
        clock.advance(1)
      }),
  )
  await expect(ended).rejects.toMatchObject({ name: 'AbortError' })
})

it.each(['ends', 'fails'])('has no timer left once what it runs %s', async (how) => {
  const clock = fakeClock()
  const run = withDeadline(clock, 100, async () => {
    if (how === 'fails') throw new Error('no')
    return 1
  })
  await run.catch(() => {})
  expect(clock.pendingTimers()).toBe(0)
})
