import { type Clock, longestSleepMs } from '../time/clock.ts'
import {
  delayToStepMs,
  failurePauseMs,
  lastingPauseMs,
  type Pause,
  type PlannedStep,
  shortestPauseMs,
  spreadMs,
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
  /** The same, where many machines see that change: what is due is spread a little. */
  retrySpread(): void
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
  /**
   * Many machines renew theirs at the same server: after a failure the next try comes at any time before the value ends,
   * and what has become due while the machine slept is spread (docs/adr/0043-a-fleet-does-not-gang-up.md).
   */
  isFleet?: boolean
  /** Called with the error of a planned step, after the pause is set. A caller of `take` gets the error from its promise. */
  onError?: (error: unknown) => void
}

/** A timer that comes so late has slept, in ms. */
const sleptMs = 10_000

/** Creates a loop that takes no planned step until it is started. */
export function createRenewalLoop(options: RenewalLoopOptions): RenewalLoop {
  const { clock, random, plan, isLasting = () => false, isFleet = false, onError = () => {} } = options
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
    const delayMs = Math.min(Math.max(delayTo(step), 0), longestSleepMs(clock))
    const lateMs = clock.uptime() + delayMs + sleptMs
    cancelTimer = clock.after(delayMs, () => look(isFleet && clock.uptime() > lateMs))
  }

  // Planned anew: the wall clock, or what the plan is based on, may have changed.
  const look = (hasSlept: boolean): void => {
    const step = plan()
    if (step === undefined || delayTo(step) > 0) arm()
    else if (hasSlept) spread()
    else take(step.run).catch(onError)
  }

  /** What is due waits a little, by chance. */
  const spread = (): void => {
    const step = plan()
    pause = {
      lengthMs: step === undefined ? 0 : spreadMs(step, clock.now(), random),
      isLasting: true,
      sinceMs: clock.uptime(),
    }
    arm()
  }

  const rest = (lengthMs: number, lasts: boolean, share?: number): void => {
    pause = { lengthMs, isLasting: lasts, sinceMs: clock.uptime(), share }
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
    rest(lasts ? lastingPauseMs : failurePauseMs(failures, random), lasts, isFleet ? random() : undefined)
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
    retrySpread() {
      failures = 0
      spread()
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
