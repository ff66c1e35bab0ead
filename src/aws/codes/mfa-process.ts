import { describeError, errorCode } from '../../core/errors.ts'
import { FileError } from '../../core/files/read-file.ts'
import { Secret } from '../../core/secret.ts'
import { displayLine } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import { AwsError } from '../aws-error.ts'
import type { CodeSource } from './code-source.ts'
import { type MfaCommand, programOf, type RunMfaCommand } from './mfa-command.ts'
import { printedCode } from './printed-code.ts'

/** How long a command may take, in ms: the person may have to touch something first. */
export const mfaProcessMs = 60_000
/** What a command says and then goes on to do at once is of no interest to anybody, in ms. */
const noteAfterMs = 500

/** What a command is run with. */
export interface MfaProcessDeps {
  runMfaCommand: RunMfaCommand
  clock: Clock
  /** Shows the person what the command says, such as that a key is to be touched, until the signal aborts. */
  tell: (text: string, signal: AbortSignal) => void
}

/** Codes of the command of `mfa_process`, which is run for each. */
export function mfaProcess(command: MfaCommand, { runMfaCommand, clock, tell }: MfaProcessDeps): CodeSource {
  const what = `mfa_process (${programOf(command)})`
  const failure = (reason: string, hint?: string) =>
    new AwsError('AWS_CODE_SOURCE_FAILED', `${what} ${reason}`, { hint })

  return {
    what,
    periodSeconds: 30,
    async code(_atMs, signal) {
      const ended = new AbortController()
      let said = ''
      let stopTimer: (() => void) | undefined
      const onComplaint = (text: string) => {
        said += text
        stopTimer ??= clock.after(noteAfterMs, () => {
          const line = said.trim().split('\n').at(-1)!
          tell(`${what}: ${displayLine(line)}`, ended.signal)
        })
      }
      try {
        const run = await runMfaCommand(command, { signal, onComplaint })
        signal.throwIfAborted()
        const printed = printedCode(run, mfaProcessMs)
        if ('reason' in printed) throw failure(printed.reason)
        return new Secret(printed.code)
      } catch (error) {
        if (error instanceof AwsError || signal.aborted) throw error
        if (error instanceof FileError) throw failure(`is not run: ${error.message}`, error.hint)
        throw failure(`cannot be run (${errorCode(error) ?? describeError(error)})`)
      } finally {
        stopTimer?.()
        ended.abort()
      }
    },
  }
}
