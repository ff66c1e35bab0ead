import type { ProgramRun } from '../../core/programs/bounded-program.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { formatDuration } from '../../core/time/duration.ts'

/** Nobody reads more of a program's complaint. */
const maxReasonLength = 200

/**
 * The code that a command has printed: the only number of six digits in its output, in which names and account ids may stand
 * as well (`ykman oath accounts code` without `--single`). Nothing of the output is repeated in a reason.
 * @param limitMs how long it had
 */
export function printedCode(
  { end, lines, complaint }: ProgramRun,
  limitMs: number,
): { code: string } | { reason: string } {
  const because = displayLine(complaint, maxReasonLength)
  const withReason = (what: string) => ({ reason: because === '' ? what : `${what}: ${because}` })
  switch (end.how) {
    case 'exited':
      return end.status === 0 ? codeIn(lines) : withReason(`ended with exit status ${end.status}`)
    case 'killed':
      return withReason(`was ended by ${end.signal}`)
    case 'timed-out':
      return withReason(`gave no code within ${formatDuration(limitMs / 1000)}`)
    case 'printed-too-much':
      return { reason: 'printed too much to be a code' }
    case 'withdrawn':
    case 'enough':
      return { reason: 'was stopped' }
  }
}

function codeIn(lines: readonly string[]): { code: string } | { reason: string } {
  const [first, ...others] = new Set(lines.join('\n').match(/(?<!\d)\d{6}(?!\d)/g))
  if (first === undefined) return { reason: 'printed no code of six digits' }
  return others.length === 0 ? { code: first } : { reason: 'printed more than one number of six digits' }
}
