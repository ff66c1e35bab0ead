import { CodedError } from '../../core/errors.ts'

/** Why no key was read. */
export type KeyFileErrorCode =
  /** It is no private key in a form that is known here. */
  | 'KEY_FILE_UNKNOWN'
  | 'KEY_FILE_DAMAGED'
  | 'KEY_FILE_ENCRYPTED'
  | 'KEY_FILE_PASSPHRASE'
  /** It is a private key, but of a kind, or protected in a way, that is not read here. */
  | 'KEY_FILE_UNSUPPORTED'

/** A file of a private key that cannot be read. The message never has anything of the file in it. */
export class KeyFileError extends CodedError<KeyFileErrorCode> {}

/** The error for a file that needs a passphrase, when none was given. */
export const passphraseNeeded = () => new KeyFileError('KEY_FILE_ENCRYPTED', 'the key is protected by a passphrase')

/** The error for a file that its passphrase does not open. */
export const wrongPassphrase = (cause?: unknown) =>
  new KeyFileError('KEY_FILE_PASSPHRASE', 'the passphrase is wrong, or the key is damaged', { cause })

/** The error for a file that is not what it says. */
export const damaged = (cause?: unknown) =>
  new KeyFileError('KEY_FILE_DAMAGED', 'the key is damaged, or cut short', { cause })
