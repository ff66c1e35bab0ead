import { describeFault } from '../../core/fault.ts'
import type { Logger } from '../../core/log.ts'

/** The part of `process` that reports unhandled errors. */
export interface FaultyProcess {
  on(event: 'uncaughtException', listener: (error: unknown, origin: string) => void): unknown
  exit(status: number): void
}

/**
 * Ends the process with status 1 on an unhandled error, whether thrown or a promise's: the state that it left behind is
 * unknown, and a service manager starts the daemon again (Node's own documentation of 'uncaughtException').
 * Node would end by itself too, but would print everything that the error carries, such as the headers of a request.
 */
export function endOnFault(own: FaultyProcess, log: Logger): void {
  own.on('uncaughtException', (error, origin) => {
    log.error('ended by an unhandled error', { origin, ...describeFault(error) })
    own.exit(1)
  })
}
