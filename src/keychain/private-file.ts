import { errorCode } from '../core/errors.ts'
import { FileError, readTextIfPresent } from '../core/files/read-file.ts'
import { shellWord } from '../core/text/shell-word.ts'
import { KeychainError } from './keychain.ts'

/** The most that is read, and therefore written, of a file: an item has a few hundred bytes. */
export const maxPrivateBytes = 16 * 1024 * 1024

/**
 * Reads a file that must be its owner's alone, as ssh does with private keys: one that others could read may have been
 * read, and the owner should know. Nobody else may be able to put another in its place, either.
 * @returns undefined where there is no such file
 * @throws {KeychainError} KEYCHAIN_UNAVAILABLE
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const check = ({ mode, uid }: { mode: number; uid: number }) => {
    if (uid !== process.getuid!()) {
      throw new KeychainError('KEYCHAIN_UNAVAILABLE', `${path} belongs to another user`, {
        hint: `ls -l ${shellWord(path)}`,
      })
    }
    if ((mode & 0o077) === 0) return
    const message = `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`
    throw new KeychainError('KEYCHAIN_UNAVAILABLE', message, { hint: `chmod 600 ${shellWord(path)}` })
  }
  const options = { maxBytes: maxPrivateBytes, isTrusted: true, check }
  return await readTextIfPresent(path, options).catch((error: unknown) => {
    throw error instanceof KeychainError ? error : unreadable(path, error)
  })
}

/** The error for a file that is there but cannot be read, with what to do about it. */
export function unreadable(path: string, cause: unknown): KeychainError {
  if (cause instanceof FileError) {
    return new KeychainError('KEYCHAIN_UNAVAILABLE', cause.message, { cause, hint: cause.hint })
  }
  const message = `cannot read ${path}: ${errorCode(cause) ?? 'unknown error'}`
  return new KeychainError('KEYCHAIN_UNAVAILABLE', message, { cause, hint: `ls -l ${shellWord(path)}` })
}
