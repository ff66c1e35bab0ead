import { expect, it } from 'vitest'
import { formatUtc } from '../../../../src/core/time/utc-time.ts'

it('writes whole seconds with Z, rounded down so that an expiry is never too late', () => {
  expect(formatUtc(Date.UTC(2026, 0, 2, 3, 4, 5, 999))).toBe('2026-01-02T03:04:05Z')
})
