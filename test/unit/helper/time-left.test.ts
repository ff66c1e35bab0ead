import { expect, it } from 'vitest'
import { formatLeft, formatTimeLeft, formatTimeOfGood } from '../../../src/helper/time-left.ts'

const nowMs = Date.UTC(2026, 0, 2, 12, 0, 0)

it.each([
  ['2026-01-02T12:00:01Z', '1s', '1s left', '1s'],
  ['2026-01-02T12:00:00Z', 'expired', 'expired', '0s'],
  ['2026-01-01T12:00:00Z', 'expired', 'expired', '0s'],
  ['2026-01-02T13:00:00Z', '1h', '1h left', '1h'],
])('until %s there is: %s', (time, left, sentence, good) => {
  expect(formatTimeLeft(time, nowMs)).toBe(left)
  expect(formatLeft(time, nowMs)).toBe(sentence)
  expect(formatTimeOfGood(time, nowMs)).toBe(good)
})
