import type { Command } from 'commander'
import { callerEnvironment } from '../../core/places/environment.ts'
import type { ProcessCredentials } from '../../ipc/client/process-credentials.ts'
import type { CommandContext } from '../command-context.ts'
import {
  type GivenProfile,
  isCredentialVariable,
  keyVariables,
  profileVariables,
  withoutCredentials,
} from '../exec/credential-variables.ts'
import { endAs } from '../exec/run-command.ts'
import { isVariableFormat, variableFormats } from '../exec/variable-formats.ts'
import { HelperError } from '../fast/failure.ts'

const profileHelp = 'a profile of config.toml or ~/.aws/config'

/** `latchkey aws exec` and `latchkey aws env` */
export function addAwsExecCommands(aws: Command, context: CommandContext, finish: (status: number) => void): void {
  aws
    .command('exec')
    .description('run a command with the credentials of a profile, and with no others')
    .argument('<profile>', profileHelp)
    .argument('[command...]', 'what to run, after --')
    .action(async (profile: string, command: readonly string[]) => {
      if (command.length === 0) {
        throw new HelperError('USAGE', 'there is no command to run', { hint: 'latchkey aws exec PROFILE -- CMD…' })
      }
      const { credentials, ...given } = await credentialsOf(profile, context)
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
      const { credentials, ...given } = await credentialsOf(profile, context)
      const set = { ...keyVariables(credentials), ...profileVariables(given) }
      const unset = Object.keys(context.environment).filter((name) => isCredentialVariable(name) && !(name in set))
      context.print(`${variableFormats[format]({ set, unset })}\n`)
    })
}

/** Asks for a code where one is needed. */
async function credentialsOf(
  profile: string,
  { daemon }: CommandContext,
): Promise<GivenProfile & { credentials: ProcessCredentials }> {
  const credentials = await daemon.call('getCredentials', { params: { profile } })
  const { region } = await daemon.call('getProfileRegion', { params: { profile } })
  return { profile, region, credentials }
}
