import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome, type FailureRun } from '../../core/renewal/last-outcome.ts'
import type { Clock } from '../../core/time/clock.ts'
import { AgentError } from '../agent-error.ts'

/**
 * The server that the certificates of some identities come from: whether it is away, and the wait of those who list.
 * Whoever calls it tells how that went; an outage is waited for once, by all who list then, whichever of its identities
 * they want (docs/PROTOCOL.md P-3).
 */
export interface CertificateSource {
  /** A call was answered, with whatever refusal: it is there. */
  answered(): void
  /** A call was not answered, or by something in its place. */
  failed(error: unknown): void
  /** True when the last that is known of it is a failure that is not old. Nobody waits for it then. */
  isAway(): boolean
  /**
   * Waits until `attempt` has ended, well or not, and never longer than 8 s after the first of those who wait began:
   * then the source counts as away, and all of them go on.
   */
  waitFor(attempt: Promise<unknown>): Promise<void>
  /** Calls `run` whenever it has come back after it was away, until the returned function is called. */
  onReturn(run: () => void): () => void
  /** What is wrong with it: that it is away, or keeps a list waiting right now. */
  trouble(): unknown
}

/** What a source works with. */
export interface CertificateSourceOptions {
  /** For messages: `vault corp`. */
  name: string
  clock: Clock
  log: Logger
  /** How long lists wait for it, in ms; 8 s when absent: ssh shows no sign of life while it waits. */
  waitMs?: number
}

const defaultWaitMs = 8_000
/** A wait that takes longer than that is told, while it goes on, in ms. */
const noticeMs = 750
/** What was found out longer ago is no knowledge, as after a night of sleep, in ms of uptime. */
const knownForMs = 300_000

/** A source of which nothing is known yet. */
export function createCertificateSource(options: CertificateSourceOptions): CertificateSource {
  const { name, clock, log, waitMs = defaultWaitMs } = options
  const outcome = createLastOutcome(clock)
  let failedAtMs = 0
  let wait: { over: Promise<void>; end: () => void; waiters: number; isTold: boolean } | undefined
  const returns = new Set<() => void>()

  const timedOut = () =>
    new AgentError('CERTIFICATE_WAIT_TIMEOUT', `${name} did not certify a key within ${waitMs / 1000} s`, {
      hint: 'latchkey status',
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
      begun.isTold = true
      log.warn('a list waits for a source of certificates', { source: name, atMostSeconds: waitMs / 1000 })
    })
    const cancelEnd = clock.after(waitMs, () => failed(timedOut()))
    const end = () => {
      cancelNotice()
      cancelEnd()
      if (wait === begun) wait = undefined
      settle()
    }
    const begun = { over, end, waiters: 0, isTold: false }
    return begun
  }

  const isAway = () => outcome.failure() !== undefined && clock.uptime() - failedAtMs < knownForMs

  return {
    failed,
    isAway,
    answered() {
      const row: FailureRun | undefined = outcome.succeeded()
      if (row === undefined) return
      log.info('a source of certificates is back', { source: name, failures: row.count })
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
      if (wait?.isTold !== true) return undefined
      return new AgentError('CERTIFICATE_WAIT', `${name} has not answered yet, and a list waits for it`)
    },
  }
}
