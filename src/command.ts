import { failureText, statusOf } from './helper/failure.ts'

/**
 * Runs any command but the fast path of `latchkey aws credentials`, and reports its failure.
 *
 * All of it is one chunk (scripts/build.mjs): the classes of errors are the same ones for whoever throws and whoever
 * asks `instanceof`. What a command does not need is not evaluated.
 * @param args without node and the script
 * @returns the exit status
 */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [command, first] = args
  try {
    if (command === 'daemon' && args.length === 1) return await runDaemon()
    if (command === 'dev' && first !== '--help' && first !== '-h') return await runDev(args.slice(1))
    return await (await import('./helper/command-line.ts')).runCommandLine(args, { runDaemon, runDev })
  } catch (error) {
    process.stderr.write(failureText(error))
    return statusOf(error)
  }
}

async function runDaemon(): Promise<number> {
  return (await import('./daemon/main.ts')).runDaemon()
}

async function runDev(args: readonly string[]): Promise<number> {
  return (await import('./helper/commands/dev.ts')).runDev(args)
}
