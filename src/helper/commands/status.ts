import type { Command } from 'commander'
import type { Status } from '../../ipc/protocol.ts'
import type { CommandContext } from '../command-context.ts'
import { formatStatus } from '../status-report.ts'

export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('show what the daemon holds, until when, and what is wrong')
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: true }) => {
      const status = (await context.daemon.call({ method: 'GET', path: '/v1/status' })) as Status
      context.print(json ? `${JSON.stringify(status, undefined, 2)}\n` : formatStatus(status, context.nowMs()))
    })
}
