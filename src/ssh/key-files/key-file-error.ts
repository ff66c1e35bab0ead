import { CodedError, type CodedErrorOptions } from '../../core/errors.ts'
import type { SshError } from '../wire.ts'

/** Why no key was read. */
export type KeyFileErrorCode =
  /** It is no private key in a form that is known here. */
  | 'KEY_FILE_UNKNOWN'
  | 'KEY_FILE_DAMAGED'
  | 'KEY_FILE_ENCRYPTED'
  | 'KEY_FILE_PASSPHRASE'
  /** It is a private key, but of a kind, or protected in a way, that is not read here. */
  | 'KEY_FILE_UNSUPPORTED'

/** The command line that makes a file which can be read here of one that cannot. @param file and copy are words of a shell */
export type Conversion = (file: string, copy: string) => string

/** What such an error may carry. */
export interface KeyFileErrorOptions extends CodedErrorOptions {
  conversion?: Conversion
  /** The public half, where it is known all the same. Nothing vouches for it. */
  publicBlob?: Uint8Array
}

/** A file of a private key that cannot be read. The message never has anything of the file in it. */
export class KeyFileError extends CodedError<KeyFileErrorCode> {
  readonly conversion: Conversion | undefined
  readonly publicBlob: Uint8Array | undefined

  constructor(code: KeyFileErrorCode, message: string, options: KeyFileErrorOptions = {}) {
    super(code, message, options)
    this.conversion = options.conversion
    // A copy: it may be a view of bytes that are overwritten.
    this.publicBlob = options.publicBlob && Uint8Array.from(options.publicBlob)
  }
}

/** `puttygen` asks for the passphrase, and keeps it. */
export const puttygen: Conversion = (file, copy) => `puttygen ${file} -O private-openssh-new -o ${copy}`

/** The error for a file that needs a passphrase, when none was given. @param publicBlob its public half, if that is legible */
export const passphraseNeeded = (publicBlob?: Uint8Array) =>
  new KeyFileError('KEY_FILE_ENCRYPTED', 'the key is protected by a passphrase', publicBlob && { publicBlob })

/** The error for a file that its passphrase does not open. */
export const wrongPassphrase = (cause?: unknown) =>
  new KeyFileError('KEY_FILE_PASSPHRASE', 'the passphrase is wrong, or the key is damaged', { cause })

/** The error for a file with more than one private key. */
export const severalKeys = () =>
  new KeyFileError('KEY_FILE_UNSUPPORTED', 'the file has several keys', {
    hint: 'write each into a file of its own',
  })

/** The error for a file that is not what it says. */
export const damaged = (cause?: unknown) =>
  new KeyFileError('KEY_FILE_DAMAGED', 'the key is damaged, or cut short', { cause })

/** The error for a file whose bytes are not those of a key that is known here. */
export function notKept(error: SshError): KeyFileError {
  if (error.code !== 'KEY_TYPE_UNKNOWN' && error.code !== 'KEY_SIZE_UNKNOWN') return damaged(error)
  return new KeyFileError('KEY_FILE_UNSUPPORTED', `the key cannot be kept here: ${error.message}`, { cause: error })
}
