import type { Command } from 'commander'
import { callerEnvironment } from '../../core/places/environment.ts'
import type { CommandContext } from '../command-context.ts'
import {
  type GivenProfile,
  isCredentialVariable,
  keyVariables,
  profileVariables,
  withoutCredentials,
} from '../exec/credential-variables.ts'
import { type CommandEnd, endAs } from '../exec/run-command.ts'
import { isVariableFormat, variableFormats } from '../exec/variable-formats.ts'
import { HelperError } from '../fast/failure.ts'
import { serveEnvironment } from '../serving/served-environment.ts'
import { givenProfile } from './given-profile.ts'

const profileHelp = 'a profile of config.toml or ~/.aws/config'

/** `latchkey aws exec` and `latchkey aws env` */
export function addAwsExecCommands(aws: Command, context: CommandContext, finish: (status: number) => void): void {
  aws
    .command('exec')
    .description('run a command with the credentials of a profile, and with no others')
    .argument('<profile>', profileHelp)
    .argument('[command...]', 'what to run, after --')
    .option('--server', 'give it an endpoint where it gets credentials whenever it needs some, and no keys')
    .action(async (profile: string, command: readonly string[], { server }: { server?: true }) => {
      if (command.length === 0) {
        throw new HelperError('USAGE', 'there is no command to run', { hint: 'latchkey aws exec PROFILE -- CMD…' })
      }
      // With an endpoint too: a code is asked for before the command runs, never while it does.
      const { given, credentials } = await givenProfile(profile, context)
      if (server) return finish(endAs(await runServed(command, given, context)))
      const environment = {
        ...withoutCredentials(callerEnvironment(context.environment)),
        ...keyVariables(credentials),
        ...profileVariables(given),
      }
      finish(endAs(await context.runCommand(command, environment)))
    })
  aws
    .command('env')
    .description('print the credentials of a profile as variables, and unset what would contradict them')
    .argument('<profile>', profileHelp)
    .option('--format <format>', `one of ${Object.keys(variableFormats).join(', ')}`, 'sh')
    .action(async (profile: string, { format }: { format: string }) => {
      if (!isVariableFormat(format)) {
        throw new HelperError('USAGE', `there is no format ${format}`, { hint: 'latchkey help aws env' })
      }
      const { given, credentials } = await givenProfile(profile, context)
      const set = { ...keyVariables(credentials), ...profileVariables(given) }
      const unset = Object.keys(context.environment).filter((name) => isCredentialVariable(name) && !(name in set))
      context.print(`${variableFormats[format]({ set, unset })}\n`)
    })
}

/** Runs a command beside an endpoint that is there for as long as it runs. */
async function runServed(
  command: readonly string[],
  given: GivenProfile,
  context: CommandContext,
): Promise<CommandEnd> {
  // A server, which most commands need not load.
  const { openEndpoint } = await import('../serving/open-endpoint.ts')
  const server = await openEndpoint(context, [given.profile])
  try {
    const served = await serveEnvironment(context.environment, process.pid, given, server.variables(given.profile))
    try {
      return await context.runCommand(command, served.environment)
    } finally {
      await served.remove()
    }
  } finally {
    await server.close()
  }
}
