import { describeError, errorCode } from '../../core/errors.ts'
import type { Environment } from '../../core/places/environment.ts'
import { type ProgramRun, runBounded } from '../../core/programs/bounded-program.ts'
import { displayLine } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import type { Question } from '../kinds.ts'
import { unanswered } from '../prompt-failures.ts'
import { type Dialog, failed, type Said } from './dialog.ts'
import type { PlacedProgram } from './programs.ts'

/** A dialog that nobody answers is closed after this time. */
const dialogMs = 5 * 60_000
/** An answer is a code, a password or a choice; a pinentry says some more. Anything longer is not an answer. */
const maxOutputBytes = 8_192
const maxReasonLength = 200

/** What ends a program that is at fault itself; any other signal comes from the person, or from the end of the session. */
const crashes: readonly NodeJS.Signals[] = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP']

/** What a program is run with. */
export interface AskProgramOptions {
  clock: Clock
  /** It needs the display and the locale, and no secret. */
  environment: Environment
  /** Each closes the dialog. */
  ends: readonly AbortSignal[]
}

/** Asks with one program. @throws {PromptError} PROMPT_TIMEOUT: nobody answered, or nobody wants the answer any more */
export async function askProgram(
  { program, path }: PlacedProgram,
  question: Question,
  { clock, environment, ends }: AskProgramOptions,
): Promise<Said> {
  // Checked before each run: anybody who can change the program would learn the answer.
  const fault = findPathFault(path)
  if (fault !== undefined) return failed(fault.message, fault.hint)
  const dialog = program.open(question)
  const run = await runBounded(path, dialog.args, {
    clock,
    environment: { ...environment, ...dialog.environment },
    limitMs: dialogMs,
    maxBytes: maxOutputBytes,
    ends,
    isGroup: false,
    ...(dialog.explains ? { onComplaint: () => {} } : {}),
    ...(dialog.onLine === undefined ? {} : { onLine: dialog.onLine }),
  }).catch((error: unknown) => failed(`it cannot be run (${errorCode(error) ?? describeError(error)})`))
  const said = 'end' in run ? meaningOf(run, dialog) : run
  if (said === undefined) throw unanswered(question)
  return said
}

/** Undefined: nobody has said anything. */
function meaningOf({ end, lines, complaint }: ProgramRun, dialog: Dialog): Said | undefined {
  const because = (otherwise: string) => displayLine(complaint, maxReasonLength) || otherwise
  switch (end.how) {
    case 'exited':
      return dialog.said({ status: end.status, lines, complaint }) ?? failed(because(`exit status ${end.status}`))
    case 'enough':
      return dialog.said({ status: 0, lines, complaint }) ?? failed(because('it said no more'))
    case 'printed-too-much':
      return failed('it printed too much to be an answer')
    case 'killed':
      return crashes.includes(end.signal) ? failed(because(`it was ended by ${end.signal}`)) : undefined
    case 'timed-out':
    case 'withdrawn':
      return undefined
  }
}
