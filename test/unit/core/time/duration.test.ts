import { expect, it } from 'vitest'
import { formatDays, formatDuration, parseDurationSeconds } from '../../../../src/core/time/duration.ts'

it.each([
  ['45s', 45],
  ['15m', 900],
  ['12h', 43_200],
  ['1h30m', 5400],
  ['2d', 172_800],
  ['1d1h1m1s', 90_061],
  ['0s', 0],
])('reads %s as %i seconds', (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds)
})

it.each(['', '15', '15 m', 'm', '-5m', '1.5h', '15M', '5m ', '300ms'])('does not take %j for a duration', (text) => {
  expect(parseDurationSeconds(text)).toBeUndefined()
})

it.each([
  [120 * 86_400 + 5, '120 days'],
  [2 * 86_400 - 1, '1 day'],
  [86_399, '23h 59m'],
  [-7, '0s'],
])('writes %d seconds in days as %s', (seconds, text) => {
  expect(formatDays(seconds)).toBe(text)
})

it.each([
  [42_000 + 1100, '11h 58m'],
  [43_200, '12h'],
  [270, '4m 30s'],
  [60, '1m'],
  [12.9, '12s'],
  [0, '0s'],
  [-7, '0s'],
  [200_000, '55h 33m'],
])('writes %d seconds as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
