import { dirname, join, resolve } from 'node:path'
import { hostCaFile } from '../../core/places/paths.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { isExclusion } from '../../ssh/known-hosts/pattern-list.ts'
import { agentSocketPath } from '../fast/api-socket.ts'
import { HelperError } from '../fast/failure.ts'
import { readSshSettings, readSshVersion, type SshRunner } from '../ssh/run-ssh.ts'
import { hasKnownHostToken } from '../ssh/ssh-settings.ts'
import type { IncludedSettings } from './included-file.ts'

/** Which agent ssh asks: latchkey's, by IdentityAgent, or that of SSH_AUTH_SOCK. */
export const agentChoices = ['identity-agent', 'environment'] as const

/** How a person wants it. */
export interface SshConfigChoice {
  agent: (typeof agentChoices)[number]
  identities: readonly NamedHosts[]
  /** Another file than ~/.ssh/config. */
  file: string | undefined
}

/** An identity that ssh is to name for these hosts. */
export interface NamedHosts {
  identity: string
  hosts: readonly string[]
}

/** Reads `NAME=PATTERN,PATTERN`; undefined where it is not that. */
export function parseNamedHosts(text: string): NamedHosts | undefined {
  const [, identity, patterns = ''] = /^([\w@+-][\w.@+-]*)=([\w.*?!:%[\],-]+)$/.exec(text) ?? []
  const hosts = patterns.split(',')
  // Of patterns that only leave out ssh fits none.
  if (identity === undefined || hosts.includes('') || hosts.every(isExclusion)) return undefined
  return { identity, hosts }
}

/** What the file should say. @param latchkey absolute path of the command */
export async function wantedSettings(
  choice: SshConfigChoice,
  latchkey: string,
  runner: SshRunner,
): Promise<IncludedSettings> {
  const socket = agentSocketPath(runner.environment)
  const folder = dirname(socket)
  return {
    writtenBy: commandLine(choice),
    latchkey,
    hostToken: (await hasToken(runner)) ? '%k' : '%h',
    agentSocket: choice.agent === 'environment' ? undefined : socket,
    lastingNames: choice.identities.map((named) => ({
      ...named,
      certificate: join(folder, 'identity', `${named.identity}-cert.pub`),
    })),
    knownHosts: [...(await systemKnownHosts(runner)), hostCaFile(folder)],
  }
}

/** What a person runs to have the same again, in any folder; a comment of ssh_config, so it is one line whatever FILE is called. */
function commandLine({ agent, identities, file }: SshConfigChoice): string {
  return [
    'latchkey ssh config --install',
    ...(agent === 'environment' ? ['--agent environment'] : []),
    ...identities.map(({ identity, hosts }) => `--identity ${shellWord(`${identity}=${hosts.join(',')}`)}`),
    ...(file === undefined ? [] : [`-F ${shellWord(resolve(file))}`]),
  ].join(' ')
}

const systemConfig = '/etc/ssh/ssh_config'
/** As ssh has them without any setting (ssh_config(5), GlobalKnownHostsFile). */
const usualKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

async function hasToken(runner: SshRunner): Promise<boolean> {
  try {
    return hasKnownHostToken(await readSshVersion(runner))
  } catch (error) {
    // There is no ssh yet.
    if (error instanceof HelperError && error.code !== 'CANCELLED') return false
    throw error
  }
}

/** The files that ssh would read without us: of two values it takes the first, and ours comes before that of the system. */
async function systemKnownHosts(runner: SshRunner): Promise<readonly string[]> {
  try {
    const target = { destination: 'localhost', options: ['-F', systemConfig] }
    const { globalKnownHostsFiles } = await readSshSettings(target, runner)
    return globalKnownHostsFiles.filter((file) => file.startsWith('/'))
  } catch (error) {
    // There is no such file, or no ssh yet.
    if (error instanceof HelperError && error.code !== 'CANCELLED') return usualKnownHosts
    throw error
  }
}
