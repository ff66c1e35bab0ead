import { CodedError } from '../core/errors.ts'

export type IpcErrorCode =
  /** Somebody listens on the socket already. */
  | 'SOCKET_IN_USE'
  /** The socket or its folder cannot be had as it must be. */
  | 'SOCKET_UNUSABLE'
  /** Nobody answers on the socket. */
  | 'DAEMON_NOT_RUNNING'
  | 'DAEMON_UNREACHABLE'
  /** What came over the socket is not the local API. */
  | 'REQUEST_REFUSED'

/** What goes wrong between a command and the daemon on one machine. */
export class IpcError extends CodedError<IpcErrorCode> {}
