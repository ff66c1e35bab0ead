import { describeFault } from '../../core/fault.ts'
import type { Logger } from '../../core/log.ts'

/** What of `process` tells of errors that nobody handled. */
export interface FaultyProcess {
  on(event: 'uncaughtException', listener: (error: unknown, origin: string) => void): unknown
  exit(status: number): void
}

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
