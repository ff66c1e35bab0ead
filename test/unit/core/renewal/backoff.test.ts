import { expect, it } from 'vitest'
import { backoffDelayMs } from '../../../../src/core/renewal/backoff.ts'

const bounds = { baseMs: 1000, capMs: 60_000 }
const almostOne = () => 1 - Number.EPSILON

it('doubles the range of the delay with each attempt, up to the cap', () => {
  expect([0, 1, 2, 5, 6, 50].map((attempt) => Math.ceil(backoffDelayMs(attempt, bounds, almostOne) / 1000))).toEqual([
    1, 2, 4, 32, 60, 60,
  ])
})

it('spreads the delays over the whole range, in whole milliseconds', () => {
  expect(backoffDelayMs(3, bounds, () => 0)).toBe(0)
  expect(backoffDelayMs(3, bounds, () => 0.33333)).toBe(2666)
})

it('is capped where 2^attempt is no longer a finite number', () => {
  expect(backoffDelayMs(5000, bounds, () => 0.5)).toBe(30_000)
})
