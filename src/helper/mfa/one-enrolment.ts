import { join } from 'node:path'
import { withProcessLock } from '../../core/files/process-lock.ts'
import { homeFolder } from '../../core/places/home.ts'
import { runtimeFolder } from '../../core/places/paths.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** For one that has just ended; nobody waits for a person at another terminal. */
const patienceMs = 500

/**
 * Runs an enrolment while there is no other one of this user on this machine. The device of one that is under way is
 * nobody's until it is enabled, like that of one that was killed: another one would delete it.
 * @throws {HelperError} REFUSED
 */
export async function asOnlyEnrolment(
  { environment }: Pick<CommandContext, 'environment'>,
  enroll: () => Promise<void>,
): Promise<void> {
  const lock = join(runtimeFolder(environment, homeFolder(environment)), 'mfa-enroll.lock')
  const signal = AbortSignal.timeout(patienceMs)
  try {
    await withProcessLock(lock, enroll, signal)
  } catch (cause) {
    if (cause !== signal.reason) throw cause
    throw new HelperError('REFUSED', 'an MFA device is being enrolled in another terminal', {
      cause,
      hint: 'go on there, or end it (Ctrl-C) and run latchkey aws mfa enroll again',
    })
  }
}
