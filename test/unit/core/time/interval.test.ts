import { describe, expect, it } from 'vitest'
import { createInterval } from '../../../../src/core/time/interval.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

describe('an interval', () => {
  it('is due at once if told so, and then once per interval', () => {
    const clock = fakeClock()
    const interval = createInterval(clock, 1000, true)
    expect([interval.takeTurn(), interval.takeTurn()]).toEqual([true, false])
    clock.advance(999)
    expect(interval.takeTurn()).toBe(false)
    clock.advance(1)
    expect([interval.takeTurn(), interval.takeTurn()]).toEqual([true, false])
  })

  it('counts from its creation if it is not due at once', () => {
    const clock = fakeClock()
    const interval = createInterval(clock, 1000, false)
    expect(interval.takeTurn()).toBe(false)
    clock.advance(1000)
    expect(interval.takeTurn()).toBe(true)
  })

  it('is due after a suspend, and when the clock was set back', () => {
    const clock = fakeClock()
    const interval = createInterval(clock, 60_000, false)
    clock.suspend(60_000)
    expect(interval.takeTurn()).toBe(true)
    clock.setWallClock(-3_600_000)
    expect([interval.takeTurn(), interval.takeTurn()]).toEqual([true, false])
  })
})
