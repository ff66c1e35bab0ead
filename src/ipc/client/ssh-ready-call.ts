import type { Route } from '../route.ts'
import type { ApiCall } from './client.ts'

/** The endpoint of `latchkey ssh ready`, whose fast path loads no schema. */
export const sshReadyRoute = { method: 'POST', pattern: '/v1/ssh/ready' } as const satisfies Route

/** Where an ssh is about to log in. */
export interface SshTargetHost {
  user: string
  host: string
  port?: number | undefined
}

/** The call for a certificate. It says nothing about who may be asked. */
export function sshReadyCall(target: SshTargetHost): ApiCall {
  return { method: sshReadyRoute.method, path: sshReadyRoute.pattern, body: target }
}

/**
 * The same, where nobody may be asked: where a login is needed it is answered with 401. The header is promptHeader of
 * ipc/protocol.ts, whose schemas the fast path does not load.
 */
export function unattendedSshReadyCall(target: SshTargetHost): ApiCall {
  return { ...sshReadyCall(target), headers: { 'latchkey-prompt': 'never' } }
}
