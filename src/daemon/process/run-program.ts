import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { trustedProgram } from '../../core/trust/program-trust.ts'
import type { RunProgram } from '../../vault/login/token-helper.ts'

/**
 * Runs programs that nobody but the user and root can change, each for a limited time.
 * @param timeoutMs after this it gets SIGKILL: a program that ignores SIGTERM would be waited for for ever
 */
export function createRunProgram({ timeoutMs }: { timeoutMs: number }): RunProgram {
  return async (command, args, environment) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL' } as const
    const program = trustedProgram(command, environment.PATH)
    const { stdout } = await promisify(execFile)(program, args, { env: environment, ...limits })
    return stdout
  }
}
