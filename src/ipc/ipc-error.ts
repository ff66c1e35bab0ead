import { CodedError } from '../core/errors.ts'

export type IpcErrorCode =
  /** Somebody listens on the socket already. */
  | 'SOCKET_IN_USE'
  /** The socket or its folder cannot be had as it must be. */
  | 'SOCKET_UNUSABLE'

/** Why the daemon cannot listen. */
export class IpcError extends CodedError<IpcErrorCode> {}
