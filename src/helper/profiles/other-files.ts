import { realpath } from 'node:fs/promises'
import type { AwsFilePaths } from '../../core/places/paths.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { serviceRestart } from '../service/service-host.ts'
import { toolFilePaths } from './tool-files.ts'

const variables = { config: 'AWS_CONFIG_FILE', credentials: 'AWS_SHARED_CREDENTIALS_FILE' } as const

/** That the daemon reads other AWS files than the AWS tools do where the command is run. */
export interface OtherFiles {
  /** Whether the config file is another one, or the credentials file alone. */
  isConfig: boolean
  message: string
  /** What brings both together. */
  hint: string
}

/**
 * Compares the AWS files of the daemon with those of the command's environment.
 * @param ofDaemon undefined: it is too old to say so
 * @returns undefined where they are the same
 */
export async function findOtherFiles(
  ofDaemon: AwsFilePaths | undefined,
  { environment, platform }: Pick<CommandContext, 'environment' | 'platform'>,
): Promise<OtherFiles | undefined> {
  if (ofDaemon === undefined) return undefined
  const here = toolFilePaths(environment)
  const others: (keyof AwsFilePaths)[] = []
  for (const file of ['config', 'credentials'] as const)
    if ((await targetOf(here[file])) !== (await targetOf(ofDaemon[file]))) others.push(file)
  if (others.length === 0) return undefined
  const settings = (paths: AwsFilePaths) => others.map((file) => `${variables[file]}=${shellWord(paths[file])}`)
  const setting =
    platform === 'darwin'
      ? settings(here).map((each) => `launchctl setenv ${each.replace('=', ' ')}`)
      : [`systemctl --user set-environment ${settings(here).join(' ')}`]
  return {
    isConfig: others.includes('config'),
    message: `the AWS tools read ${others.map((file) => here[file]).join(' and ')} here, but the daemon reads ${others.map((file) => ofDaemon[file]).join(' and ')}`,
    hint: `here: export ${settings(ofDaemon).join(' ')}; or for the daemon: ${[...setting, serviceRestart()].join(' && ')}`,
  }
}

/** Says so, on stderr. */
export async function noteOtherFiles(ofDaemon: AwsFilePaths | undefined, context: CommandContext): Promise<void> {
  const others = await findOtherFiles(ofDaemon, context)
  if (others !== undefined) context.note(`${displayLine(others.message)}\nhint: ${displayLine(others.hint)}\n`)
}

/** The file behind a link; a file that does not exist is itself. */
async function targetOf(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}
