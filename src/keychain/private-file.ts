import { type FileHandle, open } from 'node:fs/promises'
import { errorCode } from '../core/errors.ts'
import { KeychainError } from './keychain.ts'

/**
 * Reads a file that must be its owner's alone, as ssh does with private keys: one that others could read may have been
 * read, and the owner should know.
 * @returns undefined where there is no such file
 * @throws {KeychainError} KEYCHAIN_UNAVAILABLE
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
  try {
    const { mode, uid } = await file.stat()
    if (uid !== process.getuid!()) {
      throw new KeychainError('KEYCHAIN_UNAVAILABLE', `${path} belongs to another user`, { hint: `ls -l ${path}` })
    }
    if ((mode & 0o077) !== 0) {
      const message = `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`
      throw new KeychainError('KEYCHAIN_UNAVAILABLE', message, { hint: `chmod 600 ${path}` })
    }
    return await file.readFile('utf8')
  } catch (error) {
    throw error instanceof KeychainError ? error : unreadable(path, error)
  } finally {
    await file.close()
  }
}

function unreadable(path: string, cause: unknown): KeychainError {
  const message = `cannot read ${path}: ${errorCode(cause) ?? 'unknown error'}`
  return new KeychainError('KEYCHAIN_UNAVAILABLE', message, { cause, hint: `ls -l ${path}` })
}
