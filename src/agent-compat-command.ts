import { runAgentCompat } from './helper/commands/agent-compat.ts'
import { reportFailure } from './helper/fast/failure.ts'

/**
 * Runs `latchkey agent-compat`. A chunk of its own (scripts/build.mjs), as the daemon's, for the same reason; what only the
 * agent needs is evaluated in the agent's process alone.
 * @param args without node, the script and the name of the command
 * @returns the exit status
 */
export function runAgentCompatCommand(args: readonly string[]): Promise<number> {
  return reportFailure(() =>
    runAgentCompat(args, async (settings) => (await import('./daemon/compat/main.ts')).runLoneAgent(settings)),
  )
}
