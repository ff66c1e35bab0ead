import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { describeError, errorCode } from '../core/errors.ts'
import { homeFolder } from '../core/places/home.ts'
import { configFile } from '../core/places/paths.ts'
import { version } from '../core/version.ts'
import { type CommandContext, processContext } from './command-context.ts'
import { addAwsCommands } from './commands/aws.ts'
import { addConfigCommands, type CheckConfig } from './commands/config.ts'
import { addLockCommands } from './commands/lock.ts'
import { addServiceCommands } from './commands/service.ts'
import { addSshCommands } from './commands/ssh.ts'
import { addStatusCommand } from './commands/status.ts'
import { addVaultCommands } from './commands/vault.ts'
import { refuseEmpty } from './empty-arguments.ts'
import { exitStatus, failureLine, failureText, HelperError, statusOf } from './fast/failure.ts'

/** What runs in rooms that the helper does not know. */
export interface OtherRooms {
  runDaemon: () => Promise<number>
  checkConfig: CheckConfig
}

/**
 * Every command but the fast path of `latchkey aws credentials`.
 * @param args without node and the script
 * @returns the exit status
 * @throws what a command throws; HelperError USAGE for a command line that is not understood
 */
export async function runCommandLine(args: readonly string[], rooms: OtherRooms): Promise<number> {
  process.stdout.on('error', (cause) => {
    // `latchkey status | head -1` is not a failure, and `latchkey service install | head -1` still installs.
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
    // A bare `latchkey` asks for help, too.
    if (args.length === 0) return showHelp(program, [])
    if (args[0] === 'help')
      return showHelp(
        program,
        args.slice(1).filter((name) => !/^(-h|--help)$/.test(name)),
      )
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
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: context.print, writeErr: () => {} })
    .addHelpText('after', () => whereToRead(context))
    .hook('preAction', (_, command) => refuseEmpty(command))
  program
    .command('daemon')
    .description('run the daemon in the foreground')
    .action(async () => finish(await rooms.runDaemon()))
  addStatusCommand(program, context)
  addVaultCommands(program, context)
  addSshCommands(program, context, finish)
  addLockCommands(program, context)
  addAwsCommands(program, context, finish)
  addServiceCommands(program, context)
  addConfigCommands(program, context, rooms.checkConfig, finish)
  addAgentCompatHelp(program)
  addDevHelp(program)
  return program
}

/** What `latchkey agent-compat` takes, for the help only: ssh-agent's command line is not commander's (src/main.ts). */
function addAgentCompatHelp(program: Command): void {
  program
    .command('agent-compat')
    .description(
      'an agent with the command line of ssh-agent: without keys at first, and without daemon, configuration and keychain',
    )
    .argument('[command...]', 'what to run with it; the agent ends with the command')
    .option('-s', 'print the lines for a Bourne shell')
    .option('-c', 'print the lines for a C shell; the default where SHELL ends in csh')
    .option('-k', 'end the agent of SSH_AGENT_PID')
    .option('-a <address>', 'the path of its socket; default: a new folder in TMPDIR')
    .option('-d', 'stay in the foreground, and log much')
    .option('-D', 'stay in the foreground')
    .option('-t <life>', 'how long keys stay that come without a lifetime: 600, 10m, 1h30m')
    .option('-E <hash>', 'md5 or sha256; fingerprints are shown as sha256 all the same')
    .option('-P <providers>', 'taken: no provider is loaded, whatever is listed')
    .option('-O <option>', 'no-restrict-websafe, allow-remote-pkcs11, websafe-allow=…: change nothing')
    .option('-T', 'changes nothing: the socket is in TMPDIR')
    .option('-U', 'changes nothing: nothing is left behind that would have to be removed')
    .option('-u', 'does nothing, for the same reason')
}

/** What `latchkey dev` takes, for the help only: it is run without this command line (src/command.ts). */
function addDevHelp(program: Command): void {
  const dev = program
    .command('dev')
    .description(
      'start an embedded Vault, an embedded AWS and a daemon to try latchkey with, and run a command in them',
    )
    .argument('[command...]', 'what to run, after --; without it they stay up until Ctrl-C')
    .option('--dir <folder>', 'keep everything in this folder, and continue with what is there')
  dev
    .command('code')
    .description('print the MFA code that is valid now; if it has been used, wait for the next one')
    .option('--dir <folder>', 'the folder of the environment; default: LATCHKEY_DEV_DIR')
    .option('--device <serial>', 'the MFA device; default: that of the first user')
}

/** Under the list of commands: what a person looks for next. */
function whereToRead({ environment, commandPath }: CommandContext): string {
  return `
Examples:
  latchkey dev -- ssh-add -L      try it, without a Vault and without AWS
  latchkey service install        run the daemon from now on, and say how ssh finds it
  latchkey config check           is the configuration right?
  latchkey login && ssh-add -l    a certificate from Vault
  latchkey ssh explain HOST       which identity ssh offers there, and why
  latchkey aws credentials dev    what credential_process of the AWS tools prints
  latchkey aws exec dev -- CMD    a command with the credentials of a profile

Configuration: ${configFile(environment, homeFolder(environment))}
Documents:     ${documentsFolder(commandPath)} (COMMANDS.md, CONFIGURATION.md)
`
}

/** The folder beside `dist`, wherever the command is linked from. */
function documentsFolder(commandPath: string): string {
  return join(dirname(dirname(existsSync(commandPath) ? realpathSync(commandPath) : commandPath)), 'docs')
}

/** commander's own `help` reads one name only, and treats an unknown one as if none had been given. */
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

/** How to see what is accepted by the command that the arguments name. */
function usageHint(program: Command, args: readonly string[]): string {
  return ['latchkey help', ...namedCommand(program, args).path].join(' ')
}

/** commander's words without its prefix; for a group without a command it has none. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'name a command'
  return message
    .replace(/^error: /, '')
    .replace(/\n/g, ' ')
    .replace(
      /( is invalid(?: for argument '[^']*')?)\. (\w)/,
      (_, what: string, first: string) => `${what}: ${first.toLowerCase()}`,
    )
    .replace(/\.$/, '')
}
