import { expect, it } from 'vitest'
import { settledWithin } from '../../../../src/core/time/settled-within.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

it.each([
  ['well', async () => 'done'],
  ['badly', () => Promise.reject(new Error('failed'))],
])('ends with work that ends %s, and leaves no timer', async (_, work) => {
  const clock = fakeClock()
  await settledWithin(clock, 1_000, work())
  expect(clock.pendingTimers()).toBe(0)
})

it('ends after the limit, whatever becomes of the work', async () => {
  const clock = fakeClock()
  let isOver = false
  const waited = settledWithin(clock, 1_000, new Promise(() => {})).then(() => {
    isOver = true
  })
  clock.advance(999)
  await Promise.resolve()
  expect(isOver).toBe(false)
  clock.advance(1)
  await waited
  expect(isOver).toBe(true)
})
