import type { Clock } from '../time/clock.ts'
import {
  delayToStepMs,
  failurePauseMs,
  lastingPauseMs,
  type Pause,
  type PlannedStep,
  shortestPauseMs,
} from './renewal-schedule.ts'

/** A step that the loop takes by itself at its time. */
export interface RenewalStep extends PlannedStep {
  /** A rejection is a failure, and a pause follows. It must settle: nothing else is done meanwhile. */
  run: () => Promise<void>
}

/**
 * Keeps one expiring value good: takes one step after another, each at its time, and pauses after failures, longer each
 * time. Certificates, tokens and roles all have theirs.
 */
export interface RenewalLoop {
  /** Takes planned steps from now on. */
  start(): void
  /** Takes no more planned steps. One that is under way comes to its end. */
  stop(): void
  /** The plan is another one now. A pause stays. */
  replan(): void
  /** Something has changed that may cure what failed: its pause is over. */
  retry(): void
  /** Lets go of the step that is under way: however it ends, it counts for nothing, and another one may be taken. */
  abandon(): void
  /**
   * Takes a step at once, be the loop started and whatever is planned; where one is under way, that one counts.
   * @throws what the step rejects with
   */
  take(run: () => Promise<void>): Promise<void>
  /** True while a step is under way. */
  isBusy(): boolean
  /** When the next step is taken, in wall-clock ms as the clock goes now; undefined where none is planned. */
  nextAtMs(): number | undefined
}

/** What a loop works with. */
export interface RenewalLoopOptions {
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  /** What is to be done next; undefined: nothing until `replan`. Asked again and again, so that it must be cheap. */
  plan: () => RenewalStep | undefined
  /** True for a failure that only a change can cure. None is where absent. */
  isLasting?: (error: unknown) => boolean
  /** Told what a planned step failed with, when the pause is set. Who takes a step is told by its promise. */
  onError?: (error: unknown) => void
}

/**
 * How long the loop sleeps at most. Timers stand still while the machine sleeps, and the wall clock may be set: what is
 * due is found out a minute later.
 */
const longestSleepMs = 60_000

/** A loop that takes no planned step until it is started. */
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

  // Planned anew: the wall clock, or what the plan goes by, may have moved.
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
