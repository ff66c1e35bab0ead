import { CodedError } from '../../core/errors.ts'
import { listenVariables } from '../../core/places/environment.ts'
import { firstDescriptor } from '../process/inherited-sockets.ts'

/** A service manager was meant to pass a socket to the agent, and it is not there. */
export class ActivationError extends CodedError<'SOCKET_NOT_PASSED'> {}

/**
 * The descriptor of the socket that a service manager has passed, as ssh-agent from OpenSSH 10.0 on takes it: exactly one,
 * whatever its name. Variables that mean another process are an error, as there: clients would wait for ever on the socket
 * that nobody serves.
 * @param environment the variables are removed from it
 * @param pid our own
 * @throws {ActivationError}
 */
export function takePassedSocket(environment: Record<string, string | undefined>, pid: number): number | undefined {
  const { LISTEN_PID: forPid, LISTEN_FDS: count } = environment
  for (const name of listenVariables) delete environment[name]
  if (forPid === undefined || count === undefined) return undefined
  if (count !== '1') throw notPassed(`one socket is to be passed, and LISTEN_FDS is ${count}`)
  if (forPid !== String(pid)) throw notPassed(`LISTEN_PID is ${forPid}, and this is process ${pid}`)
  return firstDescriptor
}

function notPassed(why: string): ActivationError {
  return new ActivationError('SOCKET_NOT_PASSED', `the agent does not start with the socket of a service: ${why}`, {
    hint: 'env -u LISTEN_PID -u LISTEN_FDS latchkey agent-compat -D starts it with one of its own',
  })
}
