import { runBounded } from '../../core/programs/bounded-program.ts'
import type { Clock } from '../../core/time/clock.ts'
import { trustedProgram } from '../../core/trust/program-trust.ts'
import type { RunProgram } from '../../vault/login/token-helper.ts'

/** More than any secret takes. */
const maxBytes = 1024 * 1024

/**
 * Runs programs that nobody but the user and root can change, each for a limited time and without a terminal. Each has a group
 * of its own, all of which is killed when the time is up: a shell's program would go on without it, one for each try.
 * It rejects without what was printed: with `code`, the exit status or the system's; with `killed` where the time was up.
 */
export function createRunProgram({ clock, timeoutMs }: { clock: Clock; timeoutMs: number }): RunProgram {
  return async (command, args, environment) => {
    const program = trustedProgram(command, environment.PATH)
    const bounds = { clock, environment, limitMs: timeoutMs, maxBytes, ends: [], isGroup: true }
    const { end, lines } = await runBounded(program, args, bounds)
    if (end.how === 'exited' && end.status === 0) return lines.join('\n')
    const code = end.how === 'exited' ? end.status : null
    throw Object.assign(new Error(`the program has ${end.how}`), { code, killed: end.how === 'timed-out' })
  }
}
