import type { Clock } from '../time/clock.ts'
import {
  delayToStepMs,
  failurePauseMs,
  lastingPauseMs,
  type Pause,
  type PlannedStep,
  shortestPauseMs,
} from './renewal-schedule.ts'

/** A step that the loop takes by itself when it is due. */
export interface RenewalStep extends PlannedStep {
  /** A rejection is a failure, and a pause follows. It must settle: nothing else is done in the meantime. */
  run: () => Promise<void>
}

/**
 * Keeps one expiring value valid: takes one step after another, each when it is due, and pauses after failures, longer
 * each time. Certificates, tokens and roles each have a loop.
 */
export interface RenewalLoop {
  /** Takes planned steps from now on. */
  start(): void
  /** Takes no more planned steps. One that is under way still finishes. */
  stop(): void
  /** The plan has changed. A pause stays. */
  replan(): void
  /** Something has changed that may cure what failed: its pause is over. */
  retry(): void
  /** Lets go of the step that is under way: its outcome is ignored, and another step may be taken. */
  abandon(): void
  /**
   * Takes a step at once, whether or not the loop is started and whatever is planned; if one is under way, joins that one.
   * @throws what the step rejects with
   */
  take(run: () => Promise<void>): Promise<void>
  /** True while a step is under way. */
  isBusy(): boolean
  /** When the next step is due, in wall-clock ms as the clock stands now; undefined if none is planned. */
  nextAtMs(): number | undefined
}

/** What a loop works with. */
export interface RenewalLoopOptions {
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  /** What is to be done next; undefined: nothing until `replan`. Called again and again, so it must be cheap. */
  plan: () => RenewalStep | undefined
  /** True for a failure that only a change can cure. If absent, no failure is. */
  isLasting?: (error: unknown) => boolean
  /** Called with the error of a planned step, after the pause is set. A caller of `take` gets the error from its promise. */
  onError?: (error: unknown) => void
}

/**
 * How long the loop sleeps at most. Timers stand still while the machine sleeps, and the wall clock may be set: a step
 * that became due in either way is noticed within a minute.
 */
const longestSleepMs = 60_000

/** Creates a loop that takes no planned step until it is started. */
export function createRenewalLoop(options: RenewalLoopOptions): RenewalLoop {
  const { clock, random, plan, isLasting = () => false, onError = () => {} } = options
  let isStarted = false
  let underWay: Promise<void> | undefined
  let failures = 0
  let pause: Pause | undefined
  let cancelTimer = () => {}

  const delayTo = (step: RenewalStep) => delayToStepMs(step, pause, { wallMs: clock.now(), uptimeMs: clock.uptime() })

  const arm = (): void => {
    cancelTimer()
    const step = isStarted && underWay === undefined ? plan() : undefined
    if (step === undefined) return
    cancelTimer = clock.after(Math.min(Math.max(delayTo(step), 0), longestSleepMs), look)
  }

  // Planned anew: the wall clock, or what the plan is based on, may have changed.
  const look = (): void => {
    const step = plan()
    if (step === undefined || delayTo(step) > 0) arm()
    else take(step.run).catch(onError)
  }

  const rest = (lengthMs: number, lasts: boolean): void => {
    pause = { lengthMs, isLasting: lasts, sinceMs: clock.uptime() }
    underWay = undefined
    arm()
  }

  const succeed = (): void => {
    failures = 0
    rest(shortestPauseMs, false)
  }

  const fail = (error: unknown): void => {
    failures += 1
    const lasts = isLasting(error)
    rest(lasts ? lastingPauseMs : failurePauseMs(failures, random), lasts)
  }

  const take = (run: () => Promise<void>): Promise<void> => {
    if (underWay !== undefined) return underWay
    cancelTimer()
    const mine = run().then(
      () => {
        if (underWay === mine) succeed()
      },
      (error: unknown) => {
        if (underWay === mine) fail(error)
        throw error
      },
    )
    underWay = mine
    return mine
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
    retry() {
      failures = 0
      pause = undefined
      arm()
    },
    abandon() {
      underWay = undefined
      arm()
    },
    take,
    isBusy: () => underWay !== undefined,
    nextAtMs() {
      const step = isStarted ? plan() : undefined
      return step === undefined ? undefined : clock.now() + Math.max(0, delayTo(step))
    },
  }
}
