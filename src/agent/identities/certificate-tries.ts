import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import { createRenewalLoop } from '../../core/renewal/renewal-loop.ts'
import { lastingPauseMs, type PlannedStep } from '../../core/renewal/renewal-schedule.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { IssueFailure } from '../../ssh/certificate-issuer.ts'
import type { CertificateSource } from './certificate-source.ts'

/** The tries to have one identity certified: when they are made, who waits for them, and how the last one ended. */
export interface CertificateTries {
  /**
   * Renews ahead of time from now on, whatever has failed before, as after a login.
   * @param isDue whether to try at once; a certificate that a list has asked for in vain is tried at once anyway
   */
  start(isDue: boolean): void
  /** Stops renewing ahead of time, and gives up the tries in flight. */
  stop(): void
  /** The plan has changed. */
  replan(): void
  /**
   * A list needs a certificate: tries, unless a try is in flight or the last one is too recent, and goes on trying in the
   * background. Returns the try if it is worth waiting for: it is not in an outage for which lists have waited already.
   */
  hurry(): Promise<void> | undefined
  /** Tries at once, whatever is planned and whatever the last try came to. @throws what the try fails with */
  renew(): Promise<void>
  /** Gives up the tries in flight, and forgets their outcome. */
  reset(): void
  /** What the last try failed with; undefined after a success. */
  lastError(): unknown
}

/** What the tries of one identity need. */
export interface CertificateTriesOptions {
  /** The identity's name, for the log. */
  name: string
  /** Has the key certified and keeps the certificate. @param isBackground no list waits for it */
  issue: (signal: AbortSignal, isBackground: boolean) => Promise<void>
  /** What a failure of `issue` means. */
  failureOf: (error: unknown) => IssueFailure
  /** When to renew next. @param isWanted whether a list got no certificate, or one that is about to expire */
  plan: (isWanted: boolean) => PlannedStep | undefined
  source: CertificateSource
  clock: Clock
  random: () => number
  log: Logger
}

/** A list starts a try when the last one is this old, in ms; so does a list that finds a hanging try. */
const listRetryMs = 5_000
/** A hanging try goes on beside its successor, so that a slow server can still answer; but only this many do. */
const maxInFlight = 2

/** Creates tries that are not started: until then, only lists cause one. */
export function createCertificateTries(options: CertificateTriesOptions): CertificateTries {
  const { name, issue, failureOf, plan, source, clock, random, log } = options
  const outcome = createLastOutcome(clock)
  let failure: { type: IssueFailure; atMs: number } | undefined
  let inFlight: { abort: AbortController; sinceMs: number }[] = []
  /** A list has asked, and no certificate has come since. */
  let isWanted = false

  const attempt = async (isBackground: boolean): Promise<void> => {
    const call = { abort: new AbortController(), sinceMs: clock.uptime() }
    inFlight.push(call)
    try {
      await issue(call.abort.signal, isBackground)
      // The one beside it is not wanted any more: a late certificate must not take the place of this one.
      if (inFlight.at(-1) !== call) loop.abandon()
      for (const { abort } of inFlight.filter((other) => other !== call)) abort.abort()
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
    // Only after a failure that passes by itself is it worth trying on; after others, the next list asks again.
    if (type !== 'passing') isWanted = false
    // A source that is away has a log line of its own.
    const write = outcome.failed(error) && !source.isAway() ? log.warn : log.debug
    write('no ssh certificate', { identity: name, code: errorCode(error), reason: describeError(error) })
  }

  const loop = createRenewalLoop({
    clock,
    random,
    plan: () => {
      const step = plan(isWanted)
      return step === undefined ? undefined : { ...step, run: () => attempt(true) }
    },
    isLasting: (error) => failureOf(error) === 'lasting',
    isFleet: true,
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

  /** The first list in an outage waits, and so does one whose try needs no server. */
  const mayWait = () => !source.isAway() && (failure === undefined || failure.type === 'login')

  const take = (): Promise<void> => {
    const taken = loop.take(() => attempt(false))
    taken.catch(() => {})
    return taken
  }

  const onReturn = (): void => {
    if (isHanging()) letGo()
    if (failure?.type !== 'passing') return
    // Many machines see that a server is back.
    if (isWanted) loop.retry()
    else loop.retrySpread()
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
    renew() {
      giveUp()
      return loop.take(() => attempt(false))
    },
    reset() {
      isWanted = false
      forget()
    },
    lastError: outcome.error,
  }
}
