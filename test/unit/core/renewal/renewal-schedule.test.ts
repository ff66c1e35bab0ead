import { describe, expect, it } from 'vitest'
import { delayToStepMs, failurePauseMs, spreadMs } from '../../../../src/core/renewal/renewal-schedule.ts'

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

describe('the pause of one of many machines', () => {
  const now = { wallMs: 1_000_000, uptimeMs: 65_000 }
  /** It began a minute ago. */
  const pauseOf = (share: number) => ({ lengthMs: minuteMs, isLasting: false, sinceMs: 5_000, share })
  const step = (leftMs: number) => ({ atMs: now.wallMs, endMs: now.wallMs + leftMs })

  it.each([
    ['at that point of what was left when it began', 0.5, 9 * minuteMs, 3.5 * minuteMs],
    ['before the last tenth, whatever the point', 1, 9 * minuteMs, 8 * minuteMs],
    ['long before, where that is the point', 0, 9 * minuteMs, 0],
    ['as any other, once nothing is left to lose', 0.5, 0, 0],
  ])('ends %s', (_, share, leftMs, delayMs) => {
    expect(delayToStepMs(step(leftMs), pauseOf(share), now)).toBe(delayMs)
  })

  it('is kept in full after a lasting failure', () => {
    expect(delayToStepMs(step(minuteMs), { ...pauseOf(0.1), lengthMs: 300_000, isLasting: true }, now)).toBe(240_000)
  })
})

describe('what many machines do when they see the same', () => {
  it.each([
    ['half a minute', 60 * minuteMs, 15_000],
    ['a tenth of what is left', 100_000, 5_000],
    ['nothing where nothing is left', -1, 0],
    ['half a minute where nothing ends', undefined, 15_000],
  ])('is spread over %s', (_, leftMs, spread) => {
    const step = { atMs: 0, ...(leftMs === undefined ? {} : { endMs: 1_000 + leftMs }) }
    expect(spreadMs(step, 1_000, () => 0.5)).toBe(spread)
  })
})
