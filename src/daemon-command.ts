import type { Environment } from './core/places/environment.ts'
import { checkConfig } from './daemon/check-config.ts'
import { runDaemon } from './daemon/main.ts'
import { reportFailure } from './helper/fast/failure.ts'
import type { ConfigReport } from './ipc/endpoints/config.ts'

/**
 * Runs `latchkey daemon`. A chunk of its own (scripts/build.mjs): a process that lives for days holds no code of other
 * commands.
 * @returns the exit status
 */
export function runDaemonCommand(): Promise<number> {
  return reportFailure(runDaemon)
}

/**
 * The part of `latchkey config check` that only the daemon's code knows.
 * @param show prints the report and returns the exit status
 * @returns the exit status
 */
export function runConfigCheck(environment: Environment, show: (report: ConfigReport) => number): Promise<number> {
  return reportFailure(async () => show(await checkConfig(environment)))
}
