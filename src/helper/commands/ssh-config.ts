import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { isSet } from '../../core/places/environment.ts'
import { displayLine } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { agentSocketPath } from '../fast/api-socket.ts'
import { HelperError } from '../fast/failure.ts'
import { askedAgent } from '../ssh/asked-agent.ts'
import { includeLines } from '../ssh-config/include-lines.ts'
import { writeIncludedFile } from '../ssh-config/included-file.ts'
import { installSshConfig, removeSshConfig, type SshConfigFiles } from '../ssh-config/install.ts'
import { includedFile, includeName, userSshConfig } from '../ssh-config/places.ts'
import {
  agentChoices,
  type NamedHosts,
  parseNamedHosts,
  type SshConfigChoice,
  wantedSettings,
} from '../ssh-config/settings.ts'
import { goneCommand } from '../ssh-config/state.ts'

interface ConfigOptions extends Pick<SshConfigChoice, 'agent'> {
  identity?: NamedHosts[]
  install?: true
  remove?: true
  F?: string
}

/** `latchkey ssh config` */
export function addSshConfigCommand(ssh: Command, context: CommandContext): void {
  ssh
    .command('config')
    .description('print what ~/.ssh/config includes to use latchkey, or write it there')
    .addOption(new Option('--install', 'write it, and have ~/.ssh/config include it as its last lines'))
    .addOption(new Option('--remove', 'undo that').conflicts('install'))
    .addOption(
      new Option('--agent <which>', "which agent ssh asks: latchkey's, or that of SSH_AUTH_SOCK")
        .choices(agentChoices)
        .default('identity-agent'),
    )
    .option(
      '--identity <name=hosts>',
      'the identity that ssh names for these hosts; may be repeated',
      collectNamedHosts,
    )
    .option('-F <file>', 'another ssh_config than ~/.ssh/config')
    .action((options: ConfigOptions) => configureSsh(options, context))
}

async function configureSsh(options: ConfigOptions, context: CommandContext): Promise<void> {
  const { environment, print, note } = context
  const included = includedFile(environment)
  const name = includeName(included)
  const files = (): SshConfigFiles => ({ config: userSshConfig(options.F, environment), included, name })
  if (options.remove) return await removeSshConfig(files(), print)
  const { agent, identity: identities = [], F: file } = options
  const choice: SshConfigChoice = { agent, identities, file }
  const settings = await wantedSettings(choice, context.commandPath, context)
  const content = writeIncludedFile(settings)
  if (options.install) {
    await installSshConfig(files(), content, print)
    return noteAgent(choice, context)
  }
  print(content)
  const needsFile = file === undefined && isSet(environment.LATCHKEY_DEV_DIR)
  const config = needsFile ? 'FILE' : file === undefined ? '~/.ssh/config' : displayLine(resolve(file))
  const install = `${settings.writtenBy}${needsFile ? ' -F FILE' : ''}`
  note(`
${install} writes this to ${displayLine(included)}, and to the end of ${config}:
`)
  note(
    includeLines(name)
      .map((line) => `  ${line}\n`)
      .join(''),
  )
  const gone = await goneCommand(environment)
  if (gone === undefined) return
  throw new HelperError('REFUSED', `ssh runs a latchkey that is gone: ${gone.latchkey}`, { hint: gone.writtenBy })
}

/** Keys of another agent are not seen any more, unless latchkey has them. */
function noteAgent({ agent }: SshConfigChoice, { environment, note }: CommandContext): void {
  const asked = askedAgent(undefined, { environment, ownSocket: agentSocketPath(environment) })
  if (agent === 'identity-agent' && asked.type === 'other')
    note(
      `ssh asks latchkey now, and no longer the agent of SSH_AUTH_SOCK; to keep the keys of that: [ssh.upstream.NAME] in config.toml, or --agent environment\n`,
    )
  if (agent === 'environment' && asked.type !== 'latchkey')
    note('SSH_AUTH_SOCK does not lead to latchkey here: ssh offers nothing of it\n')
  if (isSet(environment.LATCHKEY_RUNTIME_DIR))
    note('LATCHKEY_RUNTIME_DIR is set here: an ssh without it does not find this daemon\n')
}

function collectNamedHosts(text: string, former: readonly NamedHosts[] = []): NamedHosts[] {
  const named = parseNamedHosts(text)
  if (named === undefined)
    throw new InvalidArgumentError(
      'Write NAME=HOST,HOST with patterns as in ssh_config, of which one at least has no ! before it.',
    )
  return [...former, named]
}
