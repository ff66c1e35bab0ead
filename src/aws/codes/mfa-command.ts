import type { ProgramRun } from '../../core/programs/bounded-program.ts'
import { programName } from '../../core/programs/program-name.ts'

/** What `mfa_process` names: a command that prints the code of an MFA device. */
export interface MfaCommand {
  /** A list is run as it is; a line by a shell, as aws-vault does it. */
  run: readonly string[] | string
  /** Where it is written, and so who could have written it. */
  from: 'config.toml' | 'aws-files'
}

/** While it runs. */
export interface MfaCommandWatch {
  /** Ends it. */
  signal: AbortSignal
  /** What it writes to its standard error, as it comes. */
  onComplaint: (text: string) => void
}

/**
 * Runs such a command with a limited time, and nothing on its standard input.
 * Rejects with the system's error, or a FileError where others could have written the command or the file it is in.
 */
export type RunMfaCommand = (command: MfaCommand, watch: MfaCommandWatch) => Promise<ProgramRun>

/**
 * The name of its program, for people. Nothing else of a command is shown: a seed may stand in it, as in
 * `oathtool --totp -b SEED`.
 */
export function programOf({ run }: MfaCommand): string {
  const [word = ''] = typeof run === 'string' ? run.trim().split(/\s/, 1) : run
  return programName(word)
}
