import { CodedError } from '../core/errors.ts'

/** What can be wrong with the daemon's sockets, and with what is sent over them. */
export type IpcErrorCode =
  /** Another process already listens on the socket. */
  | 'SOCKET_IN_USE'
  /** The socket or its folder cannot be made as it must be. */
  | 'SOCKET_UNUSABLE'
  /** Nobody listens on the socket. */
  | 'DAEMON_NOT_RUNNING'
  | 'DAEMON_UNREACHABLE'
  /** The process that listens on the socket may be another user's. */
  | 'DAEMON_UNTRUSTED'
  /** The reply is not an answer of the local API. */
  | 'REPLY_UNREADABLE'
  /** The daemon's answer does not have the form that its endpoint declares: a fault in the daemon. */
  | 'ANSWER_INVALID'

/** Why the daemon cannot listen, cannot be reached, or cannot answer. */
export class IpcError extends CodedError<IpcErrorCode> {}
