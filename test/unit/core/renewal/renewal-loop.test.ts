import { describe, expect, it } from 'vitest'
import { createRenewalLoop, type RenewalLoopOptions } from '../../../../src/core/renewal/renewal-loop.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { type FakeClock, fakeClock } from '../../../support/fake-clock.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

interface Step {
  atMs: number
  endMs?: number
}

/** A loop whose steps are counted by the uptime at which they begin; `result` is what each does. */
function setUp(
  plan: (clock: FakeClock) => Step | undefined,
  result: () => Promise<void> = async () => {},
  options: Partial<RenewalLoopOptions> = {},
) {
  const clock = fakeClock()
  const runs: number[] = []
  const errors: unknown[] = []
  const run = () => {
    runs.push(clock.uptime())
    return result()
  }
  const loop = createRenewalLoop({
    clock,
    random: () => 0,
    plan: () => {
      const step = plan(clock)
      return step === undefined ? undefined : { ...step, run }
    },
    onError: (error) => errors.push(error),
    ...options,
  })
  /** Moves time and lets the steps that were begun come to their end. */
  const pass = async (ms: number) => {
    clock.advance(ms)
    await settle()
  }
  /** As `pass`, in steps in which what fails is tried again. */
  const live = async (ms: number, stepMs = 1_000) => {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) await pass(stepMs)
  }
  return { clock, runs, errors, loop, run, pass, live }
}

const now = (clock: FakeClock) => ({ atMs: clock.now() })
const fail = async () => {
  throw new Error('down')
}

describe('a renewal loop', () => {
  it('does nothing before it is started', () => {
    const { clock, loop } = setUp(now)
    loop.replan()
    expect(clock.pendingTimers()).toBe(0)
    expect(loop.nextAtMs()).toBeUndefined()
  })

  it('takes a step when it is due, and reports that time beforehand', async () => {
    const startMs = fakeClock().now()
    const { runs, loop, pass } = setUp(() => ({ atMs: startMs + 5 * hourMs }))
    loop.start()
    expect(loop.nextAtMs()).toBe(startMs + 5 * hourMs)
    await pass(5 * hourMs - 1)
    expect(runs).toEqual([])
    await pass(1)
    expect(runs).toEqual([5 * hourMs])
  })

  it('takes a step that is further ahead than a timer reaches', async () => {
    const startMs = fakeClock().now()
    const dueMs = 60 * 24 * hourMs
    const { runs, loop, pass } = setUp(() => ({ atMs: startMs + dueMs }))
    loop.start()
    await pass(dueMs - 1)
    expect(runs).toEqual([])
    await pass(1)
    expect(runs).toEqual([dueMs])
  })

  it('is no faster than once a second, even when the plan always says now', async () => {
    const { runs, loop, pass } = setUp((clock) => ({ atMs: clock.now() - 1000 }))
    loop.start()
    await pass(0)
    await pass(999)
    expect(runs).toEqual([0])
    await pass(1)
    expect(runs).toEqual([0, 1000])
  })

  it('waits for a replan when there is nothing to do', async () => {
    let isDue = false
    const { runs, clock, loop, pass } = setUp(() => (isDue ? now(clock) : undefined))
    loop.start()
    expect(clock.pendingTimers()).toBe(0)
    isDue = true
    loop.replan()
    await pass(0)
    expect(runs).toHaveLength(1)
  })

  it('asks for the plan again when the step is due, because it may have changed', async () => {
    const startMs = fakeClock().now()
    let dueMs = startMs + 30_000
    const { runs, loop, pass } = setUp(() => ({ atMs: dueMs }))
    loop.start()
    dueMs = startMs + 45_000
    await pass(30_000)
    expect(runs).toEqual([])
    await pass(15_000)
    expect(runs).toEqual([45_000])
  })

  it('takes one step at a time', async () => {
    let finish = () => {}
    const { runs, loop, pass } = setUp(now, () => new Promise<void>((resolve) => (finish = resolve)))
    loop.start()
    await pass(0)
    loop.replan()
    await pass(minuteMs)
    expect(runs).toHaveLength(1)
    expect(loop.isBusy()).toBe(true)
    finish()
    await pass(0)
    expect(loop.isBusy()).toBe(false)
    await pass(1000)
    expect(runs).toHaveLength(2)
  })

  it('stops, and lets the step that is under way finish', async () => {
    let finish = () => {}
    const { runs, clock, loop, pass } = setUp(now, () => new Promise<void>((resolve) => (finish = resolve)))
    loop.start()
    await pass(0)
    loop.stop()
    finish()
    await pass(hourMs)
    expect(runs).toHaveLength(1)
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('a machine that sleeps', () => {
  it.each([
    ['in suspend, which uptime counts', (clock: FakeClock) => clock.suspend(8 * hourMs)],
    ['as a paused virtual machine, which uptime does not count', (clock: FakeClock) => clock.setWallClock(8 * hourMs)],
  ])('for a night %s takes what is overdue within a minute', async (_, sleep) => {
    const startMs = fakeClock().now()
    const { runs, clock, loop, pass } = setUp(() => ({ atMs: startMs + hourMs }))
    loop.start()
    await pass(10_000)
    sleep(clock)
    await pass(minuteMs - 1)
    expect(runs).toHaveLength(1)
  })

  it('finds the pause of an outage over when it wakes', async () => {
    const { runs, clock, loop, pass, live } = setUp(now, fail)
    loop.start()
    await live(hourMs)
    const before = runs.length
    clock.suspend(8 * hourMs)
    await pass(minuteMs)
    expect(runs.length).toBeGreaterThan(before)
  })

  it('keeps to a plan that follows the uptime when the clock is set back by a day', async () => {
    const { runs, clock, loop, pass } = setUp(() => ({ atMs: clock.now() + hourMs - clock.uptime() }))
    loop.start()
    await pass(minuteMs)
    clock.setWallClock(-24 * hourMs)
    await pass(hourMs - minuteMs - 1)
    expect(runs).toEqual([])
    await pass(1)
    expect(runs).toEqual([hourMs])
  })
})

describe('after failures', () => {
  it('pauses longer each time and reports each failure; a replan does not cut the pause short', async () => {
    const { runs, errors, loop, pass, live } = setUp(now, fail)
    loop.start()
    await pass(0)
    loop.replan()
    await live(16_000)
    expect(runs).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000])
    expect(errors).toHaveLength(6)
  })

  it('has planned the next step when the failure is reported', async () => {
    let nextAtMs: number | undefined
    const world = setUp(now, fail, { onError: () => (nextAtMs = world.loop.nextAtMs()) })
    world.loop.start()
    await world.pass(0)
    expect(nextAtMs).toBe(world.clock.now() + 1_000)
  })

  it('counts anew after a success', async () => {
    let isDown = true
    const { runs, loop, pass } = setUp(now, async () => {
      if (isDown) await fail()
    })
    loop.start()
    await pass(4_000)
    isDown = false
    await pass(4_000)
    isDown = true
    await pass(1_000)
    const before = runs.length
    await pass(1_000)
    expect(runs.length).toBe(before + 1)
  })

  it('loses no value in an outage that ends in the last tenth of its lifetime', async () => {
    const endMs = fakeClock().now() + 20 * minuteMs
    const world = setUp((clock) => (clock.now() < endMs ? { atMs: clock.now(), endMs } : undefined), fail)
    world.loop.start()
    await world.pass(0)
    await world.live(20 * minuteMs, 250)
    for (const [index, runMs] of world.runs.slice(1).entries()) {
      // Never later than a quarter of what was left at the failure, or the second that is the least.
      const beforeMs = world.runs[index]!
      expect(runMs - beforeMs).toBeLessThanOrEqual(Math.max(1_000, (20 * minuteMs - beforeMs) / 4) + 250)
    }
    expect(world.runs.at(-1)).toBeGreaterThanOrEqual(20 * minuteMs - 2_000)
  })

  it('shortens a running pause when much of the time that was left has passed in suspend', async () => {
    const endMs = fakeClock().now() + 10 * hourMs
    const { runs, clock, loop, live } = setUp((moved) => ({ atMs: moved.now(), endMs }), fail)
    loop.start()
    await live(10 * minuteMs)
    clock.setWallClock(9 * hourMs + 48 * minuteMs + 30_000)
    // At most one pause of before goes to its end; then a quarter of what is left, and less and less.
    const before = runs.length
    await live(89_000)
    expect(runs.length).toBeGreaterThan(before + 8)
  })

  it('leaves alone for five minutes what only a change can cure, and tries at once after a change', async () => {
    const { runs, loop, pass, live } = setUp(now, fail, { isLasting: () => true })
    loop.start()
    await pass(0)
    await live(299_000)
    await pass(999)
    expect(runs).toEqual([0])
    await pass(1)
    expect(runs).toEqual([0, 300_000])
    loop.retry()
    await pass(0)
    expect(runs).toEqual([0, 300_000, 300_000])
  })
})

describe('a step that is taken on request', () => {
  it('is taken at once, even if none is planned, during a pause, or when the loop is stopped', async () => {
    const { runs, loop, run, pass } = setUp(() => undefined, fail)
    await expect(loop.take(run)).rejects.toThrow('down')
    await expect(loop.take(run)).rejects.toThrow('down')
    loop.start()
    await pass(minuteMs)
    expect(runs).toEqual([0, 0])
  })

  it('joins the one that is under way, even if that was planned', async () => {
    let finish = () => {}
    const { runs, loop, run, pass } = setUp(now, () => new Promise<void>((resolve) => (finish = resolve)))
    loop.start()
    await pass(0)
    const taken = loop.take(run)
    finish()
    await taken
    expect(runs).toHaveLength(1)
  })

  it('counts as a failure of the plan', async () => {
    const { runs, errors, loop, run, pass } = setUp(now, fail)
    await loop.take(run).catch(() => {})
    await loop.take(run).catch(() => {})
    loop.start()
    await pass(999)
    expect(runs).toHaveLength(2)
    await pass(1)
    expect(runs).toHaveLength(3)
    expect(errors).toHaveLength(1)
  })

  it('takes the place of the planned one', async () => {
    const startMs = fakeClock().now()
    let dueMs = startMs + 1_000
    const { runs, loop, run, pass } = setUp(
      () => ({ atMs: dueMs }),
      async () => {
        dueMs += hourMs
      },
    )
    loop.start()
    await loop.take(run)
    await pass(minuteMs)
    expect(runs).toEqual([0])
  })
})

describe('a step that was abandoned', () => {
  it.each(['failure', 'success'])('has no effect with a late %s, and the next is taken at once', async (end) => {
    const finishes: (() => void)[] = []
    const { runs, loop, pass } = setUp(
      now,
      () =>
        new Promise<void>((resolve, reject) =>
          finishes.push(() => (end === 'success' ? resolve() : reject(new Error('late')))),
        ),
    )
    loop.start()
    await pass(0)
    loop.abandon()
    await pass(0)
    expect(runs).toEqual([0, 0])
    finishes[0]!()
    await pass(0)
    expect(loop.isBusy()).toBe(true)
    await pass(hourMs)
    expect(runs).toEqual([0, 0])
  })
})

describe('one of many machines', () => {
  const half = { isFleet: true, random: () => 0.5 }
  /** Half of what is left, of which the last tenth is not used. */
  const halfOfLeft = { isFleet: true, random: () => 0.5 / 0.9 }

  it('tries again at any time before the value ends, and at the latest just before', async () => {
    const endMs = fakeClock().now() + 16 * minuteMs
    const { loop, runs, live } = setUp((clock) => ({ atMs: clock.now(), endMs }), fail, halfOfLeft)
    loop.start()
    await live(15.5 * minuteMs)
    expect(runs.slice(0, 5).map((ms) => Math.round(ms / minuteMs))).toEqual([0, 8, 12, 14, 15])
  })

  it('backs off as any other where nothing can be lost', async () => {
    const { loop, runs, live } = setUp(now, fail, half)
    loop.start()
    await live(5_000)
    // Each failure is noticed at the end of its second.
    expect(runs).toEqual([0, 2_000, 3_500])
  })

  it('spreads what has become due while it slept, and no other step', async () => {
    const { clock, loop, runs, pass } = setUp(
      (at) => ({ atMs: hourMs + fakeClock().now(), endMs: at.now() + hourMs }),
      undefined,
      half,
    )
    loop.start()
    await pass(30 * minuteMs)
    clock.suspend(hourMs)
    await pass(minuteMs)
    expect(runs).toEqual([])
    await pass(14_999)
    expect(runs).toEqual([])
    await pass(1)
    expect(runs).toHaveLength(1)
    const awake = setUp((at) => ({ atMs: hourMs + fakeClock().now(), endMs: at.now() + hourMs }), undefined, half)
    awake.loop.start()
    await awake.pass(hourMs)
    expect(awake.runs).toEqual([hourMs])
  })

  it('takes what is asked for at once, whatever is spread', async () => {
    const { loop, runs, run, pass } = setUp((clock) => ({ atMs: clock.now(), endMs: clock.now() + hourMs }), fail, half)
    loop.start()
    await pass(0)
    loop.retrySpread()
    await pass(14_999)
    expect(runs).toHaveLength(1)
    await loop.take(run).catch(() => {})
    expect(runs).toHaveLength(2)
  })
})
