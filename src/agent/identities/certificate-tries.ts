import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import { createRenewalLoop } from '../../core/renewal/renewal-loop.ts'
import { lastingPauseMs, type PlannedStep } from '../../core/renewal/renewal-schedule.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { IssueFailure } from '../../ssh/certificate-issuer.ts'
import type { CertificateSource } from './certificate-source.ts'

/** The tries to have one identity certified: when there is one, who waits for it, and how the last one ended. */
export interface CertificateTries {
  /**
   * Renews ahead from now on, whatever has failed before, as after a login.
   * @param isDue try at once; so it is with what a list has asked for in vain
   */
  start(isDue: boolean): void
  /** Ends that, and gives up what is in flight. */
  stop(): void
  /** The plan is another one now. */
  replan(): void
  /**
   * Somebody lists who needs a certificate: tries, unless a try is in flight or the last one is too young, and goes on
   * trying behind. Returns the try where it is worth waiting for: it is not in an outage that was waited for already.
   */
  hurry(): Promise<void> | undefined
  /** Gives up what is in flight, and forgets how it stands. */
  reset(): void
  /** What the last try failed with; undefined after a success. */
  lastError(): unknown
}

/** What the tries of one identity work with. */
export interface CertificateTriesOptions {
  /** The identity's name, for the log. */
  name: string
  /** Has the key certified and keeps the certificate. */
  issue: (signal: AbortSignal) => Promise<void>
  /** What a failure of `issue` means. */
  failureOf: (error: unknown) => IssueFailure
  /** When to renew next. @param isWanted a list has gone without, or with one that is about to end */
  plan: (isWanted: boolean) => PlannedStep | undefined
  source: CertificateSource
  clock: Clock
  random: () => number
  log: Logger
}

/** A list starts a try when the last one is so old, in ms; so does one that finds a try that hangs. */
const listRetryMs = 5_000
/** A try that hangs goes on beside its successor, or a slow server would never be heard out; but no crowd of them does. */
const maxInFlight = 2

/** Tries that are not started: only lists make one. */
export function createCertificateTries(options: CertificateTriesOptions): CertificateTries {
  const { name, issue, failureOf, plan, source, clock, random, log } = options
  const outcome = createLastOutcome(clock)
  let failure: { type: IssueFailure; atMs: number } | undefined
  let inFlight: { abort: AbortController; sinceMs: number }[] = []
  /** A list has asked, and was not served since. */
  let isWanted = false

  const attempt = async (): Promise<void> => {
    const call = { abort: new AbortController(), sinceMs: clock.uptime() }
    inFlight.push(call)
    try {
      await issue(call.abort.signal)
      isWanted = false
      failure = undefined
      outcome.succeeded()
      loop.replan()
    } catch (error) {
      if (!call.abort.signal.aborted) fail(error)
      throw error
    } finally {
      inFlight = inFlight.filter((other) => other !== call)
    }
  }

  const fail = (error: unknown): void => {
    const type = failureOf(error)
    failure = { type, atMs: clock.uptime() }
    // Only what passes by itself is worth trying on; the next list asks for the rest.
    if (type !== 'passing') isWanted = false
    // Of a source that is away its own line tells.
    const write = outcome.failed(error) && !source.isAway() ? log.warn : log.debug
    write('no ssh certificate', { identity: name, code: errorCode(error), reason: describeError(error) })
  }

  const loop = createRenewalLoop({
    clock,
    random,
    plan: () => {
      const step = plan(isWanted)
      return step === undefined ? undefined : { ...step, run: attempt }
    },
    isLasting: (error) => failureOf(error) === 'lasting',
  })

  const isHanging = () => loop.isBusy() && clock.uptime() - (inFlight.at(-1)?.sinceMs ?? 0) >= listRetryMs

  const letGo = (): void => {
    if (inFlight.length >= maxInFlight) inFlight.shift()!.abort.abort()
    loop.abandon()
  }

  const giveUp = (): void => {
    for (const { abort } of inFlight) abort.abort()
    loop.abandon()
  }

  const forget = (): void => {
    giveUp()
    loop.retry()
    failure = undefined
    outcome.succeeded()
  }

  const isResting = (): boolean => {
    if (failure === undefined || failure.type === 'login') return false
    const restMs = failure.type === 'lasting' ? lastingPauseMs : listRetryMs
    return clock.uptime() - failure.atMs < restMs
  }

  /** The first to meet an outage waits, and whoever waits for no server. */
  const mayWait = () => !source.isAway() && (failure === undefined || failure.type === 'login')

  const take = (): Promise<void> => {
    const taken = loop.take(attempt)
    taken.catch(() => {})
    return taken
  }

  const onReturn = (): void => {
    if (isHanging()) letGo()
    if (failure?.type === 'passing') loop.retry()
  }
  let unwatch = source.onReturn(onReturn)

  return {
    start(isDue) {
      forget()
      unwatch()
      unwatch = source.onReturn(onReturn)
      loop.start()
      if (isDue || isWanted) void take()
    },
    stop() {
      unwatch()
      loop.stop()
      giveUp()
    },
    replan: loop.replan,
    hurry() {
      if (source.isAway() && isHanging()) letGo()
      if (!loop.isBusy() && isResting()) return undefined
      isWanted = true
      const isWorthWaiting = mayWait()
      const taken = take()
      return isWorthWaiting ? taken : undefined
    },
    reset() {
      isWanted = false
      forget()
    },
    lastError: outcome.error,
  }
}
