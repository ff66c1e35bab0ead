import type { Clock } from '../../core/clock.ts'
import { failureDelayMs } from './renewal-plan.ts'

/** Something to be done at a time. */
export interface PlannedStep {
  /** Wall-clock ms since the epoch. */
  atMs: number
  /** A rejection is taken for a failure: the next plan waits. */
  run: () => Promise<void>
}

/** Does one planned step after another, and rests after failures, longer each time. */
export interface BackgroundLoop {
  start(): void
  /** A step that is under way comes to its end. */
  stop(): void
  /** The plan has changed. */
  replan(): void
}

/** What the loop works on; `random` is uniform in [0, 1). */
export interface BackgroundLoopOptions {
  clock: Clock
  random: () => number
  /** What is to be done next; undefined: nothing until `replan`. */
  plan: () => PlannedStep | undefined
  onError: (error: unknown) => void
}

/** Timers stand still while the machine sleeps, so that the wall clock is looked at once a minute. */
const longestSleepMs = 60_000
/** Whatever is planned, steps do not follow each other faster. */
const minGapMs = 1_000

/** A loop that is idle until it is started; `random` jitters its rests. */
export function createBackgroundLoop({ clock, random, plan, onError }: BackgroundLoopOptions): BackgroundLoop {
  let isStarted = false
  let isRunning = false
  let failures = 0
  let restUntilMs = 0
  let cancelTimer = () => {}

  const arm = () => {
    cancelTimer()
    const step = isStarted && !isRunning ? plan() : undefined
    if (step === undefined) return
    const leftMs = Math.max(step.atMs - clock.now(), restUntilMs - clock.uptime())
    cancelTimer = clock.after(Math.min(Math.max(leftMs, 0), longestSleepMs), () => {
      if (leftMs > longestSleepMs) arm()
      else void run(step)
    })
  }

  const run = async (step: PlannedStep): Promise<void> => {
    isRunning = true
    let restMs = minGapMs
    try {
      await step.run()
      failures = 0
    } catch (error) {
      failures += 1
      restMs = failureDelayMs(failures, random)
      onError(error)
    }
    restUntilMs = clock.uptime() + restMs
    isRunning = false
    arm()
  }

  return {
    start() {
      isStarted = true
      arm()
    },
    stop() {
      isStarted = false
      arm()
    },
    replan: arm,
  }
}
