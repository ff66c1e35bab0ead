import { Command, CommanderError } from 'commander'
import { describeError, errorCode } from '../core/errors.ts'
import { version } from '../core/version.ts'
import { type CommandContext, processContext } from './command-context.ts'
import { addAwsCommands } from './commands/aws.ts'
import { addConfigCommands, type CheckConfig } from './commands/config.ts'
import { addServiceCommands } from './commands/service.ts'
import { addStatusCommand } from './commands/status.ts'
import { addVaultCommands } from './commands/vault.ts'
import { exitStatus, failureLine, failureText, HelperError, statusOf } from './fast/failure.ts'

/** What runs in rooms that the helper does not know. */
export interface OtherRooms {
  runDaemon: () => Promise<number>
  checkConfig: CheckConfig
  /** @param args what follows `dev` */
  runDev: (args: readonly string[]) => Promise<number>
}

/**
 * Every command but the fast path of `latchkey aws credentials`.
 * @param args without node and the script
 * @returns the exit status
 * @throws what a command throws; HelperError USAGE for a command line that is not understood
 */
export async function runCommandLine(args: readonly string[], rooms: OtherRooms): Promise<number> {
  process.stdout.on('error', (cause) => {
    // `latchkey status | head -1` is no failure, and `latchkey service install | head -1` still installs.
    if (errorCode(cause) === 'EPIPE') return
    const error = new HelperError('OUTPUT_FAILED', `cannot write the output: ${describeError(cause)}`, { cause })
    process.stderr.write(failureText(error))
    process.exit(statusOf(error))
  })
  try {
    return await runProgram(args, rooms, processContext())
  } catch (error) {
    if (args[0] !== 'aws' || args[1] !== 'credentials') throw error
    // An AWS SDK shows what its helper wrote inside a message of its own.
    process.stderr.write(failureLine(error))
    return statusOf(error)
  }
}

/** The same in any context. */
export async function runProgram(args: readonly string[], rooms: OtherRooms, context: CommandContext): Promise<number> {
  let status: number = exitStatus.done
  const finish = (ended: number) => {
    status = ended
  }
  const program = createProgram(context, rooms, finish)
  try {
    if (args[0] === 'help') return showHelp(program, args.slice(1))
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitStatus.done
    throw new HelperError('USAGE', usageMessage(error), { hint: usageHint(program, args) })
  }
}

/** The command line as commander knows it. */
export function createProgram(context: CommandContext, rooms: OtherRooms, finish: (status: number) => void): Command {
  const program = new Command('latchkey')
    .description(
      'One local daemon for short-lived credentials: SSH certificates from Vault, AWS roles behind one MFA code',
    )
    .version(version, '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: context.print, writeErr: () => {} })
  program
    .command('daemon')
    .description('run the daemon in the foreground')
    .action(async () => finish(await rooms.runDaemon()))
  addStatusCommand(program, context)
  addVaultCommands(program, context)
  addAwsCommands(program, context)
  addServiceCommands(program, context)
  addConfigCommands(program, context, rooms.checkConfig, finish)
  program
    .command('dev')
    .description(
      'start an embedded Vault, an embedded AWS and a daemon to try latchkey with, and run a command in them',
    )
    .argument('[command...]', 'what to run; without it they stay up until Ctrl-C')
    .option('--dir <folder>', 'keep everything in this folder, and go on with what is there')
    .addHelpText('after', '\nlatchkey dev code [--dir <folder>] prints the MFA code that is good now.')
    .action(async (command: string[], { dir }: { dir?: string }) =>
      finish(
        await rooms.runDev([
          ...(dir === undefined ? [] : ['--dir', dir]),
          ...(command.length === 0 ? [] : ['--', ...command]),
        ]),
      ),
    )
  return program
}

/** commander's own `help` reads one name only, and tells an unknown one as if none had been given. */
function showHelp(program: Command, names: readonly string[]): number {
  const { command, path, rest } = namedCommand(program, names)
  const [unknown] = rest
  if (unknown !== undefined) {
    throw new HelperError('USAGE', `unknown command '${unknown}'`, { hint: usageHint(program, path) })
  }
  command.outputHelp()
  return exitStatus.done
}

/** The command that the first arguments name. */
function namedCommand(program: Command, args: readonly string[]) {
  let command = program
  let depth = 0
  for (; depth < args.length; depth++) {
    const child = command.commands.find((known) => known.name() === args[depth])
    if (child === undefined) break
    command = child
  }
  return { command, path: args.slice(0, depth), rest: args.slice(depth) }
}

/** How to see what the command takes that the arguments name. */
function usageHint(program: Command, args: readonly string[]): string {
  return ['latchkey help', ...namedCommand(program, args).path].join(' ')
}

/** commander's words without its prefix; a group without a command has none of its own. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'name a command'
  return message
    .replace(/^error: /, '')
    .replace(/\n/g, ' ')
    .replace(/\.$/, '')
}
