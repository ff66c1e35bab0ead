import type { Command } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** `latchkey ssh known-hosts` */
export function addSshKnownHostsCommand(ssh: Command, context: CommandContext): void {
  ssh
    .command('known-hosts')
    .description('print the lines of known_hosts with which ssh trusts the hosts that a CA has certified')
    .option('--json', 'print it as JSON')
    .action(({ json }: { json?: true }) => printKnownHosts(json === true, context))
}

async function printKnownHosts(isJson: boolean, context: CommandContext): Promise<void> {
  const found = await context.daemon.call('getHostCas')
  const lines = found.cas.flatMap((ca) => ca.lines)
  context.print(isJson ? `${displayJson(found, 2)}\n` : lines.map((line) => `${line}\n`).join(''))
  for (const fault of found.faults) context.note(`${displayLine(fault)}\n`)
  for (const { name, lines: known, error } of found.cas) {
    if (error === undefined) continue
    const what = known.length === 0 ? 'is not known' : 'may have changed since these lines were fetched'
    context.note(`host CA ${displayLine(name)} ${what}: ${displayLine(error.message)}\n`)
    if (error.hint !== undefined) context.note(`hint: ${displayLine(error.hint)}\n`)
  }
  if (lines.length > 0) return
  throw new HelperError('REFUSED', 'no key of a host CA is known', { hint: 'latchkey status' })
}
