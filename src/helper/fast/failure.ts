import { CodedError, type CodedErrorOptions, describeError } from '../../core/errors.ts'
import { displayLine } from '../../core/text/display-text.ts'

/** What can go wrong between the person and the daemon. */
export type HelperErrorCode =
  | 'USAGE'
  | 'BAD_REPLY'
  | 'REFUSED'
  | 'PERSON_NEEDED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'OUTPUT_FAILED'
  | 'SERVICE_FAILED'
  /** The program that a command is to run does not exist, or cannot be run. */
  | 'PROGRAM_MISSING'
  | 'PROGRAM_NOT_RUN'

/** What a command fails with, reported on stderr; its code decides the exit status. */
export class HelperError extends CodedError<HelperErrorCode> {
  /** The daemon's code, where it has refused. */
  readonly refusal: string | undefined

  constructor(code: HelperErrorCode, message: string, options: CodedErrorOptions & { refusal?: string } = {}) {
    super(code, message, options)
    this.refusal = options.refusal
  }
}

/**
 * The exit statuses of every command (docs/COMMANDS.md); 130 is what a shell reports after Ctrl-C, 126 and 127 for a
 * program that cannot be run or does not exist.
 */
export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  personNeeded: 3,
  programNotRun: 126,
  programMissing: 127,
  interrupted: 130,
} as const

/** The exit status for anything thrown. */
export function statusOf(error: unknown): number {
  if (!(error instanceof HelperError)) return exitStatus.failed
  switch (error.code) {
    case 'USAGE':
      return exitStatus.usage
    case 'PERSON_NEEDED':
      return exitStatus.personNeeded
    case 'CANCELLED':
      return exitStatus.interrupted
    case 'PROGRAM_MISSING':
      return exitStatus.programMissing
    case 'PROGRAM_NOT_RUN':
      return exitStatus.programNotRun
    case 'BAD_REPLY':
    case 'REFUSED':
    case 'TIMED_OUT':
    case 'OUTPUT_FAILED':
    case 'SERVICE_FAILED':
      return exitStatus.failed
  }
}

/** `latchkey: what failed; hint: what to run`, for callers that show one line, such as an AWS SDK. */
export function failureLine(error: unknown): string {
  const hint = hintOf(error)
  return `latchkey: ${displayLine(describeError(error))}${hint === undefined ? '' : `; hint: ${displayLine(hint)}`}\n`
}

/** The same for a person, on two lines. */
export function failureText(error: unknown): string {
  const hint = hintOf(error)
  return `latchkey: ${displayLine(describeError(error))}\n${hint === undefined ? '' : `hint: ${displayLine(hint)}\n`}`
}

function hintOf(error: unknown): string | undefined {
  return error instanceof CodedError ? error.hint : undefined
}

/** Runs a command to its exit status; what it throws is reported on stderr. */
export async function reportFailure(run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    process.stderr.write(failureText(error))
    return statusOf(error)
  }
}
