import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { trustedProgram } from '../../core/trust/program-trust.ts'
import type { Native } from './native.ts'

/** Reports the daemon's progress to the service manager (sd_notify(3)); does nothing if there is none. Never fails. */
export interface ServiceNotification {
  /** Both sockets accept. @param status one line for `systemctl status` */
  ready(status: string): Promise<void>
  /** A new line for `systemctl status`. */
  status(status: string): Promise<void>
  stopping(): Promise<void>
}

/** What a notification needs. */
export interface ServiceNotificationDeps {
  /** The variables of the process itself: NOTIFY_SOCKET is removed, because a child must not speak for the daemon. */
  environment: Record<string, string | undefined>
  native: Pick<Native, 'notify'>
  log: Logger
  /** Runs systemd-notify(1). */
  runProgram?: (program: string, args: readonly string[], environment: Record<string, string>) => Promise<unknown>
}

/** A service manager that does not accept a message must not keep the daemon from stopping, in ms. */
const programTimeoutMs = 5_000

/**
 * Sends with a system call if possible, otherwise through systemd-notify(1), which speaks as another process: the unit
 * then needs NotifyAccess=all.
 */
export function createServiceNotification(deps: ServiceNotificationDeps): ServiceNotification {
  const { environment, native, log, runProgram = runToEnd } = deps
  const { NOTIFY_SOCKET: socket = '', PATH: path = '/usr/bin:/bin' } = environment
  delete environment.NOTIFY_SOCKET

  const send = async (...assignments: string[]): Promise<void> => {
    if (socket === '' || native.notify(socket, assignments.join('\n'))) return
    try {
      await runProgram('systemd-notify', assignments, { NOTIFY_SOCKET: socket, PATH: path })
    } catch (error) {
      log.warn('the service manager could not be notified', { what: assignments[0], reason: describeError(error) })
    }
  }

  return {
    // A line break would begin another assignment.
    ready: (status) => send('READY=1', `STATUS=${displayLine(status)}`),
    status: (status) => send(`STATUS=${displayLine(status)}`),
    stopping: () => send('STOPPING=1'),
  }
}

async function runToEnd(
  program: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<unknown> {
  return await promisify(execFile)(trustedProgram(program, environment.PATH), args, {
    env: environment,
    timeout: programTimeoutMs,
  })
}
