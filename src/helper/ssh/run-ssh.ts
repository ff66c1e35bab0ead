import { callerEnvironment, type Environment } from '../../core/places/environment.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { ReadProgram } from '../exec/read-program.ts'
import { HelperError } from '../fast/failure.ts'
import { type LoginAttempt, readAttempt } from './login-attempt.ts'
import { parseSshSettings, type SshSettings } from './ssh-settings.ts'

/** What ssh is told. */
export interface SshTarget {
  /** `[user@]host`, or `ssh://…`. */
  destination: string
  /** Options of ssh(1), each with its value behind it. */
  options: readonly string[]
}

/** What running it needs. */
export interface SshRunner {
  environment: Environment
  readProgram: ReadProgram
}

/** `Match exec` and names of hosts may take a while. */
const settingsMs = 30_000
/** Several hosts may lie between. */
const loginMs = 60_000

/**
 * What ssh would do. ssh runs what `Match exec` names; a latchkey among that does nothing.
 * @throws {HelperError} REFUSED: ssh does not understand its configuration; PROGRAM_MISSING, …
 */
export async function readSshSettings(
  { destination, options }: SshTarget,
  { environment, readProgram }: SshRunner,
): Promise<SshSettings> {
  const own = { ...callerEnvironment(environment), LATCHKEY_EXPLAIN: '1' }
  const { end, lines, complaint } = await readProgram('ssh', ['-G', ...options, '--', destination], own, settingsMs)
  const hint = `ssh ${['-G', ...options, '--', destination].map(shellWord).join(' ')}`
  if (end.how === 'timed-out')
    throw new HelperError(
      'TIMED_OUT',
      `ssh -G took longer than ${settingsMs / 1000} s: a command of Match exec may hang`,
      { hint },
    )
  const settings = end.how === 'exited' && end.status === 0 ? parseSshSettings(lines) : undefined
  if (settings !== undefined) return settings
  const reason = displayLine(
    complaint
      .split('\n')
      .filter((line) => !/^(usage:|\s|$)/.test(line))
      .join('; '),
    300,
  )
  throw new HelperError(
    'REFUSED',
    `ssh does not say what it would do: ${reason === '' ? 'it takes no such destination' : reason}`,
    { hint },
  )
}

/** The version of ssh, such as `OpenSSH_9.2p1 …`. */
export async function readSshVersion({ environment, readProgram }: SshRunner): Promise<string> {
  return (await readProgram('ssh', ['-V'], callerEnvironment(environment), settingsMs)).complaint
}

/** Nobody is asked, nothing is written to known_hosts, and no connection is shared or left. */
export const unattendedOptions: readonly string[] = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'UpdateHostKeys=no',
  'ControlMaster=no',
  'ControlPath=none',
  'ConnectTimeout=10',
  'ConnectionAttempts=1',
  'ClearAllForwardings=yes',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'SessionType=default',
  'ForkAfterAuthentication=no',
].flatMap((setting) => ['-o', setting])

/**
 * Logs in once, runs `true` there, and reads what came of it. Nobody is asked, nothing is written to known_hosts, and no
 * connection is shared or left.
 */
export async function tryLogin(
  { destination, options }: SshTarget,
  { hops, wantsTerminal }: SshSettings,
  { environment, readProgram }: SshRunner,
): Promise<LoginAttempt> {
  // ssh takes the first value that it is told of each.
  const args = ['-v', ...unattendedOptions, ...options, wantsTerminal ? '-tt' : '-T', '--', destination, 'true']
  // Hosts on the way are asked for by an ssh of their own, to which BatchMode does not go.
  const own = { ...callerEnvironment(environment), SSH_ASKPASS_REQUIRE: 'never' }
  const { end, complaint } = await readProgram('ssh', args, own, loginMs)
  return readAttempt(complaint, end, hops.length)
}
