import { describe, expect, it } from 'vitest'
import { createBackgroundLoop, type PlannedStep } from '../../../../src/vault/token/background-loop.ts'
import { type FakeClock, fakeClock } from '../../../support/fake-clock.ts'

/** A loop whose steps are counted; `result` is what each does. */
function world(plan: (clock: FakeClock) => { atMs: number } | undefined, result: () => Promise<void> = async () => {}) {
  const clock = fakeClock()
  const runs: number[] = []
  const errors: unknown[] = []
  const loop = createBackgroundLoop({
    clock,
    random: () => 0,
    plan: (): PlannedStep | undefined => {
      const step = plan(clock)
      if (step === undefined) return undefined
      return {
        atMs: step.atMs,
        run: () => {
          runs.push(clock.uptime())
          return result()
        },
      }
    },
    onError: (error) => errors.push(error),
  })
  /** Moves time and lets the steps that were begun come to their end. */
  const pass = async (ms: number) => {
    clock.advance(ms)
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  }
  return { clock, runs, errors, loop, pass }
}

const fail = async () => {
  throw new Error('down')
}

describe('the loop', () => {
  it('does nothing before it is started', () => {
    const { clock, loop } = world((now) => ({ atMs: now.now() }))
    loop.replan()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('runs a step at its time', async () => {
    const startMs = fakeClock().now()
    const { runs, loop, pass } = world(() => ({ atMs: startMs + 5 * 3600_000 }))
    loop.start()
    await pass(5 * 3600_000 - 1)
    expect(runs).toEqual([])
    await pass(1)
    expect(runs).toEqual([5 * 3600_000])
  })

  it('never runs faster than once a second, even when the plan always says now', async () => {
    const { runs, loop, pass } = world((now) => ({ atMs: now.now() - 1000 }))
    loop.start()
    await pass(0)
    await pass(0)
    await pass(999)
    expect(runs).toEqual([0])
    await pass(1)
    expect(runs).toEqual([0, 1000])
  })

  it('rests longer after each failure and reports it; a replan does not cut the rest short', async () => {
    const { runs, errors, loop, pass } = world((now) => ({ atMs: now.now() }), fail)
    loop.start()
    await pass(0)
    loop.replan()
    await pass(999)
    expect(runs).toHaveLength(1)
    await pass(1)
    expect(runs).toHaveLength(2)
    expect(errors).toHaveLength(2)
  })

  it('starts counting failures anew after a success', async () => {
    let isDown = true
    const { runs, loop, pass } = world(
      (now) => ({ atMs: now.now() }),
      async () => {
        if (isDown) await fail()
      },
    )
    loop.start()
    await pass(0)
    isDown = false
    await pass(1000)
    await pass(1000)
    expect(runs).toHaveLength(3)
  })

  it('looks at the wall clock once a minute, because timers stand still in suspend', async () => {
    let dueMs = fakeClock().now() + 3600_000
    const { runs, loop, pass } = world(() => ({ atMs: dueMs }))
    loop.start()
    // The machine slept for an hour: the timer does not know, the wall clock does.
    dueMs -= 3600_000
    await pass(60_000)
    await pass(0)
    expect(runs).toHaveLength(1)
  })

  it('does not run two steps at a time', async () => {
    let finish = () => {}
    const { runs, loop, pass } = world(
      (now) => ({ atMs: now.now() }),
      () => new Promise<void>((resolve) => (finish = resolve)),
    )
    loop.start()
    await pass(0)
    loop.replan()
    await pass(60_000)
    expect(runs).toHaveLength(1)
    finish()
    await pass(0)
    await pass(1000)
    expect(runs).toHaveLength(2)
  })

  it('waits for a replan when there is nothing to do', async () => {
    let isDue = false
    const { runs, clock, loop, pass } = world((now) => (isDue ? { atMs: now.now() } : undefined))
    loop.start()
    expect(clock.pendingTimers()).toBe(0)
    isDue = true
    loop.replan()
    await pass(0)
    expect(runs).toHaveLength(1)
  })

  it('stops', async () => {
    const { runs, clock, loop, pass } = world((now) => ({ atMs: now.now() }))
    loop.start()
    loop.stop()
    await pass(60_000)
    expect(runs).toEqual([])
    expect(clock.pendingTimers()).toBe(0)
  })
})
