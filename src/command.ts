import type { CheckConfig } from './helper/commands/config.ts'
import { reportFailure } from './helper/fast/failure.ts'

/**
 * Runs any command except the fast path of `latchkey aws credentials`, and reports its failure.
 *
 * A chunk (scripts/build.mjs) has its own copy of the error classes, so only an exit status may leave it, never an error.
 * A command evaluates no module that it does not need.
 * @param args without node and the script
 * @returns the exit status
 */
export function runCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  return reportFailure(async () => {
    // Only the arguments before `--` are its own: the rest is the command that it runs.
    if (command === 'dev' && !isAskedForHelp(rest)) return (await import('./helper/commands/dev.ts')).runDev(rest)
    return (await import('./helper/command-line.ts')).runCommandLine(args, { runDaemon, checkConfig })
  })
}

async function runDaemon(): Promise<number> {
  return (await import('./daemon-command.ts')).runDaemonCommand()
}

const checkConfig: CheckConfig = async (environment, show) =>
  (await import('./daemon-command.ts')).runConfigCheck(environment, show)

function isAskedForHelp(args: readonly string[]): boolean {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return own.includes('--help') || own.includes('-h')
}
