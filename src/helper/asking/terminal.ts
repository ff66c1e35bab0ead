import { closeSync, openSync, readSync } from 'node:fs'
import type { Environment } from '../../core/places/environment.ts'

/** The terminal of this process, whatever its standard streams are. */
export const terminalPath = '/dev/tty'

/** What can be known about the terminal of this process. */
export interface TerminalAccess {
  /** Whether to offer the terminal to the daemon: cheap, and may be too optimistic. */
  mayAsk(): boolean
  /**
   * Whether a question may be put now. A process outside the foreground group would be stopped by SIGTTIN when it
   * reads, and take a key press away from another program.
   */
  isForeground(): Promise<boolean>
}

/** A terminal in a build job has nobody in front of it. */
const isBuildJob = (environment: Environment) => !['', '0', 'false', undefined].includes(environment.CI)

/** The terminal as this environment allows it to be used. */
export function createTerminalAccess(environment: Environment): TerminalAccess {
  if (isBuildJob(environment)) return { mayAsk: () => false, isForeground: async () => false }
  if (process.platform === 'linux') return { mayAsk: isForegroundLinux, isForeground: async () => isForegroundLinux() }
  return { mayAsk: hasTerminal, isForeground: isForegroundPs }
}

/** The line of /proc/self/stat has up to 52 numbers, of which the first eight count here. */
const statBytes = 512

function isForegroundLinux(): boolean {
  try {
    // Not readFileSync: its first call costs 0.4 ms, a fiftieth of a whole run.
    const file = openSync('/proc/self/stat', 'r')
    const buffer = Buffer.allocUnsafe(statBytes)
    const length = readSync(file, buffer, 0, statBytes, 0)
    closeSync(file)
    return isForegroundStat(buffer.toString('latin1', 0, length))
  } catch {
    return false
  }
}

/** Reads proc_pid_stat(5): a controlling terminal (7), whose foreground group (8) is our own (5). */
export function isForegroundStat(stat: string): boolean {
  // The second field is the program's name in parentheses and may hold anything.
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return terminal !== undefined && terminal !== '0' && foreground === group
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync(terminalPath, 'r+'))
    return true
  } catch {
    return false
  }
}

// Elsewhere only ps(1) knows the foreground group. It takes 5 ms, so it is run when there is something to ask.
async function isForegroundPs(): Promise<boolean> {
  if (!hasTerminal()) return false
  const { spawnSync } = await import('node:child_process')
  const { stdout } = spawnSync('/bin/ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'utf8' })
  const [group, foreground] = stdout.trim().split(/\s+/)
  return group !== undefined && group === foreground
}
