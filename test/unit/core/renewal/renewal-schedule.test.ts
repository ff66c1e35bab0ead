import { describe, expect, it } from 'vitest'
import { delayToStepMs, failurePauseMs } from '../../../../src/core/renewal/renewal-schedule.ts'

const minuteMs = 60_000

describe('the pause after a failure', () => {
  it.each([
    [1, 1_000, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [4, 4_000, 8_000],
    [7, 30_000, 60_000],
    [500, 30_000, 60_000],
  ])('after %d in a row is from %d to %d ms', (failures, shortestMs, longestMs) => {
    expect(failurePauseMs(failures, () => 0)).toBe(shortestMs)
    expect(failurePauseMs(failures, () => 0.999_999)).toBeGreaterThan(longestMs - 2)
    expect(failurePauseMs(failures, () => 0.999_999)).toBeLessThanOrEqual(longestMs)
  })

  it('is never shorter than the one before, whatever the jitter', () => {
    for (let failures = 1; failures < 6; failures += 1) {
      expect(failurePauseMs(failures + 1, () => 0)).toBeGreaterThanOrEqual(failurePauseMs(failures, () => 0.999_999))
    }
  })
})

describe('the delay to a step', () => {
  const now = { wallMs: 1_000_000, uptimeMs: 5_000 }
  const pause = { lengthMs: minuteMs, isLasting: false, sinceMs: 5_000 }

  it('is the time until it is due', () => {
    expect(delayToStepMs({ atMs: now.wallMs + 7 }, undefined, now)).toBe(7)
    expect(delayToStepMs({ atMs: now.wallMs - 7 }, undefined, now)).toBe(-7)
  })

  it('is the rest of the pause if that is longer, by the uptime', () => {
    expect(delayToStepMs({ atMs: now.wallMs }, { ...pause, sinceMs: 4_000 }, now)).toBe(minuteMs - 1_000)
    expect(delayToStepMs({ atMs: now.wallMs + 2 * minuteMs }, pause, now)).toBe(2 * minuteMs)
  })

  it.each([
    ['a quarter of what is left', 100_000, 25_000],
    ['the pause where a quarter is more', 60 * minuteMs, minuteMs],
    ['a second at the very end', 2_000, 1_000],
    ['the whole pause once nothing is left to lose', 0, minuteMs],
    ['the whole pause long after the end', -minuteMs, minuteMs],
  ])('waits %s', (_, leftMs, delayMs) => {
    expect(delayToStepMs({ atMs: now.wallMs, endMs: now.wallMs + leftMs }, pause, now)).toBe(delayMs)
  })

  it('keeps to the pause after a lasting failure, however little time is left', () => {
    const step = { atMs: now.wallMs, endMs: now.wallMs + 10_000 }
    expect(delayToStepMs(step, { ...pause, isLasting: true }, now)).toBe(minuteMs)
  })
})
