import type { Command } from 'commander'
import type { Environment } from '../../core/places/environment.ts'
import { displayJson } from '../../core/text/display-text.ts'
import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import type { CommandContext } from '../command-context.ts'
import { formatConfigCheck } from '../config-report.ts'
import { exitStatus } from '../fast/failure.ts'

/** Reads the configuration with the daemon's own code. @returns what `show` returns, or the status of a failure */
export type CheckConfig = (environment: Environment, show: (report: ConfigReport) => number) => Promise<number>

/** `latchkey config …` */
export function addConfigCommands(
  program: Command,
  context: CommandContext,
  checkConfig: CheckConfig,
  finish: (status: number) => void,
): void {
  program
    .command('config')
    .description('the configuration file')
    .command('check')
    .description('read the configuration as the daemon would, and show every mistake with its line; needs no daemon')
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: true }) => {
      const show = (report: ConfigReport): number => {
        context.print(json ? `${displayJson(report, 2)}\n` : formatConfigCheck(report))
        return report.errors.length === 0 ? exitStatus.done : exitStatus.failed
      }
      finish(await checkConfig(context.environment, show))
    })
}
