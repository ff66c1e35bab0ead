import { configWord, execWord } from './config-word.ts'

/** An identity that ssh is to name for some hosts. */
export interface LastingName {
  identity: string
  /** Patterns of ssh_config. */
  hosts: readonly string[]
  /** The file of its certificate. */
  certificate: string
}

/** What the file says to ssh. */
export interface IncludedSettings {
  /** The command line that writes the file. */
  writtenBy: string
  /** Absolute path of the command. */
  latchkey: string
  /** What names the host as known_hosts does, in this version of ssh. */
  hostToken: '%k' | '%h'
  /** The agent's socket for IdentityAgent; undefined: SSH_AUTH_SOCK decides. */
  agentSocket: string | undefined
  lastingNames: readonly LastingName[]
  /** All files of GlobalKnownHostsFile. */
  knownHosts: readonly string[]
}

const mark = '# Written by latchkey, and written anew by: '

/**
 * The file that ~/.ssh/config includes.
 *
 * A command that is gone must not show: a shell would complain of it, so it is looked for first. Where no daemon runs, or no
 * Node is found, `ssh ready` fails, and ssh goes on with the agent that it would have without us.
 * ssh puts the user and the host into the command as they are. It refuses those with quotes in them (CVE-2023-51385); the
 * apostrophes take away what else a shell could find in them.
 * @throws {HelperError} REFUSED: a path that ssh_config cannot name
 */
export function writeIncludedFile(settings: IncludedSettings): string {
  const { writtenBy, latchkey, hostToken, agentSocket, lastingNames, knownHosts } = settings
  const program = execWord(latchkey)
  const host = hostToken === '%k' ? "--hostname '%h' '%k'" : "'%h'"
  return `${mark}${writtenBy}
Match exec "test -x ${program}" exec "${program} ssh ready --if-running --user '%r' --port %p ${host}"
${agentSocket === undefined ? '' : `    IdentityAgent ${configWord(agentSocket, 'tokens')}\n`}${lastingNames.map(lastingLines).join('')}Match all
    GlobalKnownHostsFile ${knownHosts.map((file) => configWord(file, 'plain')).join(' ')}
`
}

/**
 * For the name that was typed, and for what HostName makes of it. They count while there is a certificate: ssh complains
 * of a file that is missing.
 */
function lastingLines({ hosts, certificate }: LastingName): string {
  return ['originalhost', 'host']
    .map(
      (criterion) => `Match ${criterion} "${hosts.join(',')}" exec "test -r ${execWord(certificate)}"
    IdentityFile ${configWord(certificate, 'tokens')}
    IdentitiesOnly yes
`,
    )
    .join('')
}

/** What such a file says of itself, and which program of ours it has ssh run; undefined where it is another. */
export function readIncludedFile(text: string): { writtenBy: string; latchkey: string } | undefined {
  const [first = '', second = ''] = text.split('\n')
  const [, quoted, plain] = /^Match exec "test -x (?:'([^']+)'|(\S+))"/.exec(second) ?? []
  const word = quoted ?? plain
  if (!first.startsWith(mark) || word === undefined) return undefined
  return { writtenBy: first.slice(mark.length), latchkey: word.replaceAll('%%', '%') }
}
