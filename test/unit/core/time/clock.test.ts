import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSystemClock } from '../../../../src/core/time/clock.ts'

// The one test that fakes the timers of the process: it tests the one user of them.
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const dayMs = 86_400_000
const clock = createSystemClock(() => 12.34)

it('gives the wall-clock time and the boot time in ms', () => {
  vi.setSystemTime(Date.UTC(2026, 0, 2))
  expect(clock.now()).toBe(Date.UTC(2026, 0, 2))
  expect(clock.uptime()).toBe(12_340)
})

it('runs a timer once after its delay', () => {
  const run = vi.fn()
  clock.after(1000, run)
  vi.advanceTimersByTime(999)
  expect(run).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(10_000)
  expect(run).toHaveBeenCalledOnce()
})

it('waits the whole delay where setTimeout would overflow and fire at once', () => {
  const run = vi.fn()
  // A Vault token lives 768 hours by default.
  clock.after(32 * dayMs, run)
  vi.advanceTimersByTime(32 * dayMs - 1)
  expect(run).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledOnce()
})

it('runs a timer whose time has passed at once', () => {
  const run = vi.fn()
  clock.after(-5, run)
  vi.advanceTimersByTime(1)
  expect(run).toHaveBeenCalledOnce()
})

it('cancels a timer in each of its parts', () => {
  const run = vi.fn()
  clock.after(1000, run)()
  const cancelLong = clock.after(60 * dayMs, run)
  vi.advanceTimersByTime(40 * dayMs)
  cancelLong()
  vi.advanceTimersByTime(40 * dayMs)
  expect(run).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})
