import { expect, it } from 'vitest'
import { parseSshTime } from '../../../../src/helper/agent-compat/lifetime.ts'

it.each([
  ['600', 600],
  ['10m', 600],
  ['10M', 600],
  ['1h30', 3630],
  ['1h30m', 5400],
  ['1w2d', 777_600],
  ['2147483647', 2_147_483_647],
  ['0', 0],
])('%s is %i s', (text, seconds) => expect(parseSshTime(text)).toBe(seconds))

it.each(['', ' ', 'm', '-1', '1.5h', '1y', '10 m', '2147483648', '3551w', '9'.repeat(400)])(
  '`%s` is no length of time',
  (text) => expect(parseSshTime(text)).toBeUndefined(),
)
