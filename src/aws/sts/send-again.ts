import type { STSClientConfig } from '@aws-sdk/client-sts'
import { errorCode } from '../../core/errors.ts'
import { backoffDelayMs } from '../../core/renewal/backoff.ts'
import { isClockRefusal } from './sts-errors.ts'

/** The SDK's own decision about sending a request again (smithy's RetryStrategyV2), which it takes from outside. */
type RetryStrategy = Extract<STSClientConfig['retryStrategy'], { refreshRetryTokenForRetry: unknown }>
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>
type Failure = Parameters<RetryStrategy['refreshRetryTokenForRetry']>[1]

/** How often a request is sent at most: the helper that the AWS CLI runs must not give up before the last. */
export const maxAttempts = 3
const usualBounds = { baseMs: 100, capMs: 2_000 }
const throttledBounds = { baseMs: 1_000, capMs: 5_000 }

/** Between the tries, in ms: longer where AWS says that there were too many requests. */
export function pauseMs(tries: number, isThrottled: boolean, random: () => number): number {
  return backoffDelayMs(tries, isThrottled ? throttledBounds : usualBounds, random)
}

/** The system errors that say that nothing of a request has left this machine. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/**
 * Sends again only what can succeed. The SDK's own strategy sends any refused request again when it has corrected its
 * clock by the answer, so that under a wrong clock each wrong MFA code was sent three times.
 * @param carriesCode a code is never sent twice: AWS may have taken it though the answer was lost
 * @param random uniform in [0, 1)
 */
export function createSendAgain(carriesCode: boolean, random: () => number): RetryStrategy {
  const canSucceed = (failure: Failure, tries: number) =>
    tries < maxAttempts && (carriesCode ? isUnsent(failure) : isPassing(failure, tries))
  return {
    acquireInitialRetryToken: async () => tokenAfter(0, 0),
    async refreshRetryTokenForRetry(token: RetryToken, failure: Failure) {
      const tries = token.getRetryCount() + 1
      if (!canSucceed(failure, tries)) throw new Error('it is not sent again')
      return tokenAfter(tries, pauseMs(tries, failure.errorType === 'THROTTLING', random))
    },
    recordSuccess() {},
  }
}

const tokenAfter = (tries: number, delayMs: number): RetryToken => ({
  getRetryCount: () => tries,
  getRetryDelay: () => delayMs,
})

function isUnsent({ error }: Failure): boolean {
  return unsentCodes.has(errorCode(error) ?? '')
}

/** True for what is no verdict on the request, and, once, for a refused time after which the SDK has learned AWS's time. */
function isPassing({ error, errorType }: Failure, tries: number): boolean {
  // The SDK counts any error by which it has corrected its clock as passing.
  const { httpStatusCode = 0, clockSkewCorrected = false } = error?.$metadata ?? {}
  const isVerdict = httpStatusCode >= 400 && httpStatusCode < 500 && errorType !== 'THROTTLING'
  if (isVerdict) return clockSkewCorrected && tries === 1 && isClockRefusal(error)
  return errorType !== 'CLIENT_ERROR'
}
