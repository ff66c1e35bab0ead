import { CodedError, errorCode } from '../core/errors.ts'
import type { LogFields, Logger } from '../core/log.ts'

/** What of `process` tells of errors that nobody handled. */
export interface FaultyProcess {
  on(event: 'uncaughtException', listener: (error: unknown, origin: string) => void): unknown
  exit(status: number): void
}

/** How many calls of the stack are told. */
const shownFrames = 8

/**
 * Ends the process with status 1 on an error that nobody handled, be it thrown or a promise's: what state it has left
 * behind nobody knows, and a service manager starts the daemon anew (Node's own documentation of 'uncaughtException').
 * Node by itself ends too, but prints all that the error carries, such as the headers of a request.
 */
export function endOnFault(own: FaultyProcess, log: Logger): void {
  own.on('uncaughtException', (error, origin) => {
    log.error('ended by an error that nobody handled', { origin, ...describeFault(error) })
    own.exit(1)
  })
}

/** Where it happened, and the message of our own errors only: a parser's quotes what it read. */
function describeFault(error: unknown): LogFields {
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
