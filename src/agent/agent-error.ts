import { CodedError } from '../core/errors.ts'

/** What went wrong with a request, a stream or another agent. */
export type AgentErrorCode =
  | 'FRAME_EMPTY'
  | 'FRAME_TOO_LARGE'
  | 'RESPONSE_UNKNOWN'
  | 'CONSTRAINT_REPEATED'
  | 'CONSTRAINT_UNSUPPORTED'
  | 'SESSION_BIND_REFUSED'
  | 'SIGN_FLAGS_UNSUPPORTED'
  | 'KEYRING_FULL'
  | 'KEYRING_CLOSED'
  | 'KEY_HIDDEN'
  | 'CERTIFICATE_WAIT'
  | 'CERTIFICATE_WAIT_TIMEOUT'
  | 'CERTIFICATE_NONE'
  | 'CLIENT_GONE'
  | 'LOCKED_MEANWHILE'
  | 'REMOVED_MEANWHILE'
  | 'UPSTREAM_FAILED'
  | 'UPSTREAM_LATE'
  | 'UPSTREAM_REFUSED'
  | 'UPSTREAM_KEY_AWAY'
  | 'PATH_TOO_LONG'
  | 'HARDWARE_REMOTE'
  | 'HARDWARE_UNTAKEN'

/** A request that the agent refuses, or a stream that is not the agent protocol. */
export class AgentError extends CodedError<AgentErrorCode> {}
