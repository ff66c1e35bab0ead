import { CodedError } from '../core/errors.ts'

/** What can be wrong with the daemon's sockets, and with what goes over them. */
export type IpcErrorCode =
  /** Somebody listens on the socket already. */
  | 'SOCKET_IN_USE'
  /** The socket or its folder cannot be had as it must be. */
  | 'SOCKET_UNUSABLE'
  /** Nobody listens on the socket. */
  | 'DAEMON_NOT_RUNNING'
  | 'DAEMON_UNREACHABLE'
  /** Who listens on the socket may be another user. */
  | 'DAEMON_UNTRUSTED'
  /** What came back is not an answer of the local API. */
  | 'REPLY_UNREADABLE'
  /** What the daemon was about to answer does not have the form that its endpoint says: a fault of its own. */
  | 'ANSWER_INVALID'

/** Why the daemon cannot listen, cannot be reached, or cannot answer. */
export class IpcError extends CodedError<IpcErrorCode> {}
