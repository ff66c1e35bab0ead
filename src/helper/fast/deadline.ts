import { HelperError } from './failure.ts'

/**
 * How long `latchkey aws credentials` takes at most, from the start of its process. The AWS SDK for Go kills the shell
 * around its helper after 60 s but not the helper: it ends before that, with a reason.
 */
export const credentialsDeadlineMs = 50_000

/** What is said where the daemon has not answered in time. @param limitMs how long it was waited for */
export function noCredentialsInTime(profile: string, limitMs: number): HelperError {
  const message = `no credentials for ${profile} within ${limitMs / 1000} s; the daemon goes on`
  return new HelperError('TIMED_OUT', message, { hint: 'run the command again, or latchkey status' })
}
