import { callerEnvironment } from '../../core/places/environment.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { HelperError } from '../fast/failure.ts'
import { type SshRunner, type SshTarget, unattendedOptions } from '../ssh/run-ssh.ts'
import { type HostObservation, readObservation } from './observation.ts'
import { hostCheckCommand } from './script.ts'

/** sshd and sudo there may look up names; several hosts may lie between. */
const limitMs = 60_000

/**
 * Logs in once and looks. Nobody is asked, no host key is accepted, and no connection is shared or left.
 * @throws {HelperError} REFUSED: it does not get in, or something else answers; TIMED_OUT; PROGRAM_MISSING, …
 */
export async function observeHost(
  { destination, options }: SshTarget,
  { environment, readProgram }: SshRunner,
): Promise<HostObservation> {
  const args = [...unattendedOptions, ...options, '-T', '--', destination, hostCheckCommand]
  const own = { ...callerEnvironment(environment), SSH_ASKPASS_REQUIRE: 'never' }
  const { end, lines, complaint } = await readProgram('ssh', args, own, limitMs)
  const again = `latchkey ssh explain --try ${[...options, destination].map(shellWord).join(' ')}`
  if (end.how === 'timed-out')
    throw new HelperError('TIMED_OUT', `${destination} has not answered within ${limitMs / 1000} s`, { hint: again })
  if (end.how === 'printed-too-much') {
    throw new HelperError('REFUSED', `${destination} answers with more than 1 MiB, and something else`, {
      hint: `ssh ${shellWord(destination)} id`,
    })
  }
  if (end.how === 'exited' && end.status !== 255) return readObservation(lines)
  // The last that ssh says is why it did not get in; a host may have put its own text before it.
  const reason = displayLine(complaint.trim().split('\n').at(-1) ?? '', 300)
  throw new HelperError('REFUSED', `ssh did not get in to ${destination}: ${reason || 'it was ended'}`, { hint: again })
}
