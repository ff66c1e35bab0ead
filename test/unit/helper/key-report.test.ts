import { expect, it } from 'vitest'
import { formatKeyTable, keyAge, lastUse } from '../../../src/helper/key-report.ts'

const nowMs = Date.UTC(2026, 0, 2, 12, 0, 0)
const key = { source: 'master', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }
const seen = { createdAt: '2025-09-24T12:00:00Z', use: 'used', seenAt: '2026-01-01T12:00:00Z' } as const

it.each([
  ['2025-09-24T12:00:00Z', '100 days'],
  ['2026-01-01T11:00:00Z', '1 day'],
  ['2026-01-02T09:00:00Z', '3h'],
  // The clock of this machine is behind AWS's.
  ['2026-01-02T12:00:30Z', '0s'],
])('a key of %s is %s old', (createdAt, age) => {
  expect(keyAge({ ...key, seen: { ...seen, createdAt } }, nowMs)).toBe(age)
})

it.each([
  [{ ...seen, lastUsedAt: '2025-12-01T00:00:00Z' }, '2025-12-01T00:00:00Z'],
  [{ ...seen, use: 'never' as const }, 'never'],
  [{ ...seen, use: 'unknown' as const }, '-'],
])('the last use of %j is %s', (sight, use) => {
  expect(lastUse({ ...key, seen: sight })).toBe(use)
})

it('what AWS was never asked about is a dash', () => {
  expect(formatKeyTable([key], nowMs)).toBe(
    'ACCESS KEY OF  ID                    AGE  LAST USED  AS OF\nmaster         AKIAIOSFODNN7EXAMPLE  -    -          -\n',
  )
})
