import type { Logger } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { type AwsError, isAwsError } from '../aws-error.ts'
import type { CodeSource } from '../codes/code-source.ts'

/** A source's first code may have been used already, at the console perhaps; its second is a new one. */
const maxCodes = 2

/** How the codes are used, and when the next one comes. */
export interface CodeTrial<T> {
  /** Has AWS look at a code. */
  spend(code: Secret<string>): Promise<{ result: T } | { refusal: AwsError }>
  /** Whether AWS has looked at a code before. */
  isKnown(code: Secret<string>): boolean
  /** Whether the code that the device shows now has been used. */
  isSpent(): boolean
  clock: Clock
  /** The time by AWS's clock, in ms since the epoch. */
  awsNow: () => number
  log: Logger
  signal: AbortSignal
}

/**
 * Uses codes that nobody has to be asked for: two of each source, the second one when the device shows the next.
 * @returns the result, or why there is none, in words for the person; without words where there is no source
 */
export async function tryCodeSources<T>(
  sources: readonly CodeSource[],
  trial: CodeTrial<T>,
): Promise<{ result: T } | { failure: string | undefined }> {
  const { spend, isKnown, isSpent, awsNow, log, signal } = trial
  let failure: string | undefined
  for (const source of sources) {
    for (let codes = 0; codes < maxCodes; codes += 1) {
      if (codes > 0 || isSpent()) await nextPeriod(source, trial)
      try {
        const code = await source.code(awsNow(), signal)
        failure = `the code of ${source.what} was already used`
        if (isKnown(code)) continue
        const spent = await spend(code)
        if ('result' in spent) return spent
        failure = `AWS refused the code of ${source.what}`
        log.info('AWS refused an MFA code', { by: source.what })
      } catch (error) {
        if (!isAwsError(error, 'AWS_CODE_SOURCE_FAILED')) throw error
        failure = error.message
        log.warn('no MFA code', { reason: failure })
        break
      }
    }
  }
  return { failure }
}

/** Resolves when the device shows another code than now. */
function nextPeriod({ periodSeconds }: CodeSource, { clock, awsNow, signal }: CodeTrial<unknown>): Promise<void> {
  const periodMs = periodSeconds * 1000
  return new Promise((resolve, reject) => {
    const abort = () => {
      stop()
      reject(signal.reason as Error)
    }
    const stop = clock.after(periodMs - (awsNow() % periodMs), () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
}
