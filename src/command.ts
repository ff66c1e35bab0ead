import type { CheckConfig } from './helper/commands/config.ts'
import { reportFailure } from './helper/fast/failure.ts'

/**
 * Runs any command but the fast path of `latchkey aws credentials`, and tells its failure.
 *
 * A chunk (scripts/build.mjs) has its own copy of the error classes, so that only an exit status may leave it, never an
 * error. What a command does not need is not evaluated.
 * @param args without node and the script
 * @returns the exit status
 */
export function runCommand(args: readonly string[]): Promise<number> {
  const [command, first] = args
  return reportFailure(async () => {
    if (command === 'dev' && first !== '--help' && first !== '-h') return runDev(args.slice(1))
    return (await import('./helper/command-line.ts')).runCommandLine(args, { runDaemon, runDev, checkConfig })
  })
}

async function runDaemon(): Promise<number> {
  return (await import('./daemon-command.ts')).runDaemonCommand()
}

const checkConfig: CheckConfig = async (environment, show) =>
  (await import('./daemon-command.ts')).runConfigCheck(environment, show)

async function runDev(args: readonly string[]): Promise<number> {
  return (await import('./helper/commands/dev.ts')).runDev(args)
}
