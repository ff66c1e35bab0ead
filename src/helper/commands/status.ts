import type { Command } from 'commander'
import { displayJson } from '../../core/text/display-text.ts'
import { version } from '../../core/version.ts'
import type { CommandContext } from '../command-context.ts'
import { serviceRestart } from '../service/service-host.ts'
import { formatOtherVersion, formatStatus } from '../status-report.ts'

/** `latchkey status` */
export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('show what the daemon holds, until when, and what is wrong')
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: true }) => {
      const status = await context.daemon.call('getStatus')
      if (json) return context.print(`${displayJson(status, 2)}\n`)
      context.print(formatOtherVersion(status, version, serviceRestart()) + formatStatus(status, context.nowMs()))
    })
}
