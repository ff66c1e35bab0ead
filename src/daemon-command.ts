import { runDaemon } from './daemon/main.ts'
import { reportFailure } from './helper/fast/failure.ts'

/**
 * Runs `latchkey daemon`. A chunk of its own (scripts/build.mjs): what lives for days holds no code of other commands.
 * @returns the exit status
 */
export function runDaemonCommand(): Promise<number> {
  return reportFailure(runDaemon)
}
