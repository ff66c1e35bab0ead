import type { RunMfaCommand } from '../../aws/codes/mfa-command.ts'
import { mfaProcessMs } from '../../aws/codes/mfa-process.ts'
import { untrusted } from '../../core/files/read-file.ts'
import { type Environment, withoutSecrets } from '../../core/places/environment.ts'
import { expandHome } from '../../core/places/paths.ts'
import { runBounded } from '../../core/programs/bounded-program.ts'
import type { Clock } from '../../core/time/clock.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import { refuseUntrustedLine, trustedProgram } from '../../core/trust/program-trust.ts'

/** A code, and what some programs print around it. */
const maxOutputBytes = 4_096

/** What commands of `mfa_process` run with. */
export interface RunMfaCommandDeps {
  clock: Clock
  /** The daemon's; they get it without secrets. */
  environment: Environment
  home: string
  /** The AWS tools' files, which are read whoever may write them: for what is run from there, that counts. */
  awsFiles: readonly string[]
}

/** Runs them without a terminal, in a group of its own, all of which is killed when its time is up. */
export function createRunMfaCommand({ clock, environment, home, awsFiles }: RunMfaCommandDeps): RunMfaCommand {
  return async ({ run, from }, { signal, onComplaint }) => {
    if (from === 'aws-files') refuseUntrustedFiles(awsFiles)
    const searchPath = environment.PATH
    if (typeof run === 'string') refuseUntrustedLine(run, { home, searchPath })
    const [program, ...args] = typeof run === 'string' ? ['/bin/sh', '-c', run] : run
    return await runBounded(trustedProgram(expandHome(program!, home), searchPath), args, {
      clock,
      environment: withoutSecrets(environment),
      limitMs: mfaProcessMs,
      maxBytes: maxOutputBytes,
      ends: [signal],
      isGroup: true,
      onComplaint,
    })
  }
}

/** @throws {FileError} FILE_UNTRUSTED */
function refuseUntrustedFiles(paths: readonly string[]): void {
  for (const path of paths) {
    const fault = findPathFault(path)
    if (fault !== undefined) throw untrusted(fault)
  }
}
