import { type Command, InvalidArgumentError } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import { defaultPort, formatHostName, type HostName, parseHostName } from '../../ssh/known-hosts/host-name.ts'
import { parseKnownHost } from '../../ssh/known-hosts/known-host.ts'
import { hasWildcard } from '../../ssh/known-hosts/wildcards.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** `latchkey ssh known-hosts` */
export function addSshKnownHostsCommand(ssh: Command, context: CommandContext): void {
  ssh
    .command('known-hosts')
    .description('print the lines of known_hosts with which ssh trusts the hosts that a CA has certified')
    .argument('[host]', 'only those that fit this host: a name, an address or [name]:port', hostName)
    .option('--json', 'print it as JSON')
    .action((host: HostName | undefined, { json }: { json?: true }) => printKnownHosts(host, json === true, context))
}

async function printKnownHosts(host: HostName | undefined, isJson: boolean, context: CommandContext): Promise<void> {
  const found = await context.daemon.call('getHostCas')
  const cas = host === undefined ? found.cas : found.cas.filter(({ lines }) => lines.some((line) => fits(line, host)))
  const lines = cas.flatMap((ca) => ca.lines)
  context.print(isJson ? `${displayJson({ ...found, cas }, 2)}\n` : lines.map((line) => `${line}\n`).join(''))
  for (const fault of found.faults) context.note(`${displayLine(fault)}\n`)
  for (const { name, lines: known, error } of found.cas) {
    if (error === undefined) continue
    const what = known.length === 0 ? 'is not known' : 'may have changed since these lines were fetched'
    context.note(`host CA ${displayLine(name)} ${what}: ${displayLine(error.message)}\n`)
    if (error.hint !== undefined) context.note(`hint: ${displayLine(error.hint)}\n`)
  }
  if (lines.length > 0) return
  // Of a CA whose key is not known there is no line that could fit.
  if (host === undefined || found.cas.some((ca) => ca.lines.length === 0))
    throw new HelperError('REFUSED', 'no key of a host CA is known', { hint: 'latchkey status' })
  const written = displayLine(formatHostName(host))
  throw new HelperError('REFUSED', `no host CA is for ${written}`, {
    hint: `add a pattern for ${written} to hosts of an [ssh.host_ca.NAME] in config.toml, then: latchkey config check`,
  })
}

/** Where no line is for the port, ssh goes by those for the name without one (sshconnect.c). */
function fits(line: string, { host, port }: HostName): boolean {
  const known = parseKnownHost(line.split(' ').slice(0, 2))
  return [port, defaultPort].some((each) => known?.isAbout({ host, port: each }) === true)
}

function hostName(text: string): HostName {
  const parsed = hasWildcard(text) || /[,!@]/.test(text) ? undefined : parseHostName(text)
  if (parsed === undefined) throw new InvalidArgumentError('Write a name, an address, or [name]:port.')
  return { port: defaultPort, ...parsed }
}
