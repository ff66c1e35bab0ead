import { CodedError } from '../../core/errors.ts'

/** What can be wrong with a stored key. */
export type StaticKeyErrorCode =
  | 'SSH_KEY_UNKNOWN'
  | 'SSH_KEY_EXISTS'
  | 'SSH_KEY_INVALID'
  /** It is listed, and the keychain does not have it. */
  | 'SSH_KEY_MISSING'
  /** What the keychain has of it is not what is listed. */
  | 'SSH_KEY_CHANGED'
  /** The file that lists them cannot be read or written. */
  | 'SSH_KEY_INDEX'
  /** It can be read, and is no list of keys. */
  | 'SSH_KEY_INDEX_DAMAGED'

/** A static key that cannot be stored, found or used. */
export class StaticKeyError extends CodedError<StaticKeyErrorCode> {}
