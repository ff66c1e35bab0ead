import { uptime } from 'node:os'
import type { Environment } from '../../core/places/environment.ts'
import { type ProgramEnd, runBounded } from '../../core/programs/bounded-program.ts'
import { createSystemClock } from '../../core/time/clock.ts'
import { HelperError } from '../fast/failure.ts'
import { notRun } from './run-command.ts'

/** What a program has said. */
export interface ProgramText {
  end: ProgramEnd
  /** Its standard output. */
  lines: readonly string[]
  /** Its standard error, up to 256 KiB. */
  complaint: string
}

/** Runs a program that is found in PATH, apart from our terminal, and reads what it says. */
export type ReadProgram = (
  program: string,
  args: readonly string[],
  environment: Environment,
  limitMs: number,
) => Promise<ProgramText>

const maxOutputBytes = 1024 * 1024
const maxComplaint = 256 * 1024
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The same in this process. What the program has started is killed with it when its time is up, or when we are asked to end.
 * @throws {HelperError} PROGRAM_MISSING, PROGRAM_NOT_RUN, CANCELLED
 */
export const readProgram: ReadProgram = async (program, args, environment, limitMs) => {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  for (const signal of signals) process.on(signal, stop)
  let complaint = ''
  try {
    const { end, lines } = await runBounded(program, args, {
      clock: createSystemClock(uptime),
      environment,
      limitMs,
      maxBytes: maxOutputBytes,
      ends: [stopping.signal],
      isGroup: true,
      onComplaint(text) {
        complaint = (complaint + text).slice(0, maxComplaint)
      },
    })
    if (end.how === 'withdrawn') throw new HelperError('CANCELLED', 'cancelled')
    return { end, lines, complaint }
  } catch (cause) {
    throw cause instanceof HelperError ? cause : notRun(program, cause)
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}
