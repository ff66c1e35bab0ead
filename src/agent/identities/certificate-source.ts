import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome, type FailureRun } from '../../core/renewal/last-outcome.ts'
import type { Clock } from '../../core/time/clock.ts'
import { AgentError } from '../agent-error.ts'

/**
 * The server that the certificates of some identities come from: whether it is away, and how long lists wait for it.
 * Callers of the server report how each call went. In an outage lists wait only once, all of them together, whichever of
 * the server's identities they want (docs/PROTOCOL.md P-3).
 */
export interface CertificateSource {
  /** A call was answered, even if by a refusal: the server is there. */
  answered(): void
  /** A call was not answered, or something else answered in the server's place. */
  failed(error: unknown): void
  /** True if its latest known outcome is a recent failure. Nobody waits for it then. */
  isAway(): boolean
  /**
   * Waits until `attempt` has settled, even if it fails, but never longer than 8 s after the first waiter began: then the
   * source counts as away, and all waiters go on.
   */
  waitFor(attempt: Promise<unknown>): Promise<void>
  /** Calls `run` whenever the source comes back after it was away, until the returned function is called. */
  onReturn(run: () => void): () => void
  /** What is wrong with it: it is away, or it is keeping a list waiting right now. */
  trouble(): unknown
}

/** What a source needs. */
export interface CertificateSourceOptions {
  /** For messages: `vault corp`. */
  name: string
  clock: Clock
  log: Logger
  /** How long lists wait for it, in ms; 8 s when absent: ssh shows no sign of life while it waits. */
  waitMs?: number
}

const defaultWaitMs = 8_000
/** A wait that takes longer than this is reported while it goes on, in ms. */
const noticeMs = 750
/** Older knowledge no longer counts, for example after a night asleep, in ms of uptime. */
const knownForMs = 300_000

/** Creates a source about which nothing is known yet. */
export function createCertificateSource(options: CertificateSourceOptions): CertificateSource {
  const { name, clock, log, waitMs = defaultWaitMs } = options
  const outcome = createLastOutcome(clock)
  let failedAtMs = 0
  let wait: { over: Promise<void>; end: () => void; waiters: number; isReported: boolean } | undefined
  const returns = new Set<() => void>()

  const timedOut = () =>
    new AgentError('CERTIFICATE_WAIT_TIMEOUT', `${name} did not certify a key within ${waitMs / 1000} s`, {
      // It is the status that shows it.
      hint: 'check the network or VPN, and how busy the server is; it is tried again by itself',
    })

  const failed = (error: unknown): void => {
    const write = outcome.failed(error) ? log.warn : log.debug
    write('a source of certificates is away', {
      source: name,
      code: errorCode(error),
      reason: describeError(error),
    })
    failedAtMs = clock.uptime()
    wait?.end()
  }

  const beginWait = () => {
    let settle = () => {}
    const over = new Promise<void>((resolve) => (settle = resolve))
    const cancelNotice = clock.after(noticeMs, () => {
      begun.isReported = true
      log.warn('a list waits for a source of certificates', { source: name, atMostSeconds: waitMs / 1000 })
    })
    const cancelEnd = clock.after(waitMs, () => failed(timedOut()))
    const end = () => {
      cancelNotice()
      cancelEnd()
      if (wait === begun) wait = undefined
      settle()
    }
    const begun = { over, end, waiters: 0, isReported: false }
    return begun
  }

  const isAway = () => outcome.failure() !== undefined && clock.uptime() - failedAtMs < knownForMs

  return {
    failed,
    isAway,
    answered() {
      const outage: FailureRun | undefined = outcome.succeeded()
      if (outage === undefined) return
      log.info('a source of certificates is back', { source: name, failures: outage.count })
      for (const run of returns) run()
    },
    async waitFor(attempt) {
      if (isAway()) return
      wait ??= beginWait()
      const mine = wait
      mine.waiters += 1
      const ended = attempt.then(
        () => {},
        () => {},
      )
      await Promise.race([ended, mine.over])
      mine.waiters -= 1
      if (mine.waiters === 0) mine.end()
    },
    onReturn(run) {
      returns.add(run)
      return () => void returns.delete(run)
    },
    trouble() {
      if (isAway()) return outcome.error()
      if (wait?.isReported !== true) return undefined
      return new AgentError('CERTIFICATE_WAIT', `${name} has not answered yet, and a list waits for it`)
    },
  }
}
