import { CodedError, errorCode } from './errors.ts'
import type { LogFields } from './log.ts'

/** How many stack frames are logged. */
const shownFrames = 8

/**
 * What the log says about an unexpected error: its kind and where it happened. Only our own errors are logged with their
 * message: that of a parser, for one, quotes what it read.
 */
export function describeFault(error: unknown): LogFields {
  if (!(error instanceof Error)) return { type: typeof error }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
  return {
    type: error.name,
    code: errorCode(error),
    reason: error instanceof CodedError ? error.message : undefined,
    at: frames
      .slice(0, shownFrames)
      .map((line) => line.slice('    at '.length))
      .join(' < '),
  }
}
