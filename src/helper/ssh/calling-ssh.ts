import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { readSshArguments } from '../../core/programs/ssh-arguments.ts'

/** A process, as far as it matters here. */
export interface CallingProcess {
  parent: number
  commandLine: readonly string[]
}

/** What the ssh that runs this command was told. */
export interface CallingSsh {
  /** Nobody is to be asked in its terminal: `BatchMode=yes`. */
  isBatch: boolean
  /** It only prints its settings (`ssh -G`), or its version. */
  isQuery: boolean
}

/** `Match exec` runs a shell, which runs the command: an ssh is not further up than this. */
const maxSteps = 4

/**
 * Looks for the ssh that runs this command by `Match exec`. What its files say is not known: only `ssh -G` would tell, which
 * would run this command again.
 * @param read a process by its id; undefined where it cannot be known
 * @returns undefined where there is none
 */
export function callingSsh(
  parent: number,
  read: (pid: number) => CallingProcess | undefined = readProcess,
): CallingSsh | undefined {
  let pid = parent
  for (let step = 0; step < maxSteps; step += 1) {
    const found = read(pid)
    if (found === undefined) return undefined
    const [program = '', ...args] = found.commandLine
    // One without arguments runs nothing. A title that a process has given itself is one text, whatever it ends in.
    if (basename(program) === 'ssh' && args.some((arg) => arg !== '')) return toldBy(args)
    pid = found.parent
  }
  return undefined
}

function toldBy(args: readonly string[]): CallingSsh {
  const { settings, flags } = readSshArguments(args)
  return { isBatch: /^(yes|true)$/i.test(settings.get('batchmode') ?? ''), isQuery: /[GVQ]/.test(flags) }
}

/** By proc(5), or ps(1) where there is none. */
function readProcess(pid: number): CallingProcess | undefined {
  if (process.platform !== 'linux') {
    return parseProcess(
      spawnSync('/bin/ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' }).stdout,
    )
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program is in parentheses, and may hold anything.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    return { parent, commandLine: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1) }
  } catch {
    return undefined
  }
}

/** Reads `ps -o ppid=,args=`, which separates arguments by blanks. */
export function parseProcess(line: string | null): CallingProcess | undefined {
  const [parent, ...commandLine] = (line ?? '').trim().split(/\s+/)
  return /^\d+$/.test(parent ?? '') ? { parent: Number(parent), commandLine } : undefined
}
