import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianPython } from './peers.ts'
import { runOk } from './run.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TerminalStep {
  /** Waits until the terminal shows this, after what the step before it waited for. */
  expect: string
  type?: string
  signal?: 'SIGTERM' | 'SIGHUP'
}

export interface TerminalRun {
  /** What the terminal showed: not what went to stdout and stderr. */
  screen: string
  /** Negative: the signal that ended it. */
  status: number
  /** Whether the terminal echoed at each step, and at the end. */
  echoes: boolean[]
  echoesAtEnd: boolean
  stepsLeft: number
  stdout: string
  stderr: string
}

const driver = join(import.meta.dirname, 'helper-pty.py')

/**
 * Runs a shell script as the leader of a terminal of its own (Python's pty) and types into it. In the script `$out` and
 * `$err` are files; what it writes to them is returned as stdout and stderr.
 */
export async function runOnTerminal(
  script: string,
  steps: readonly TerminalStep[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<TerminalRun> {
  const folder = temporaryFolder()
  const [out, err] = [join(folder, 'out'), join(folder, 'err')]
  const spec = JSON.stringify({ argv: ['/bin/sh', '-c', script], steps })
  const output = await runOk(debianPython, [driver, spec], { env: { ...env, out, err, CI: undefined } })
  const result = JSON.parse(output) as Omit<TerminalRun, 'stdout' | 'stderr'>
  return { ...result, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') }
}
