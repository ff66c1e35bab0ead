import { HelperError } from './failure.ts'

/**
 * How long `latchkey aws credentials` takes at most, from the start of its process. The AWS SDK for Go kills the shell
 * around its helper after 60 s but not the helper: it ends before that, with a reason.
 */
export const credentialsDeadlineMs = 50_000

/** What the command ends with at the deadline, where it waits for the daemon. */
export function noCredentialsInTime(profile: string): HelperError {
  const message = `no credentials for ${profile} within ${credentialsDeadlineMs / 1000} s; the daemon goes on`
  return new HelperError('TIMED_OUT', message, { hint: 'run the command again, or latchkey status' })
}
