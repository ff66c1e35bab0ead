import { describe, expect, it } from 'vitest'
import { formatGoDuration, parseVaultDuration } from '../../../../src/dev/vault/go-duration.ts'

describe('a duration', () => {
  it.each([
    [600, 600],
    ['600', 600],
    ['10m', 600],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['2d', 172_800],
    ['1500ms', 1],
    ['-5m', -300],
    ['', 0],
    [' 30s ', 30],
  ])('%j is read as %d seconds', (given, seconds) => {
    expect(parseVaultDuration(given)).toBe(seconds)
  })

  it.each(['soon', '5 m', '5x', 'm', '1h-', Number.NaN])('%j is not a duration', (given) => {
    expect(parseVaultDuration(given)).toBeUndefined()
  })

  it.each([
    [0, '0s'],
    [30, '30s'],
    [90, '1m30s'],
    [360, '6m'],
    [3600, '1h'],
    [3605, '1h5s'],
    [5400, '1h30m'],
    [2_764_800, '768h'],
  ])('%d seconds are written as %s', (seconds, text) => {
    expect(formatGoDuration(seconds)).toBe(text)
  })
})
