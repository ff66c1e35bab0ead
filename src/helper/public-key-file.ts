import { describeError, errorCode } from '../core/errors.ts'
import { FileError, readTextFile } from '../core/files/read-file.ts'
import { shellPath } from '../core/text/shell-word.ts'
import { HelperError } from './fast/failure.ts'
import { maxPublicKeyBytes } from './public-key-text.ts'

/**
 * The text of a file of public keys that somebody is to be trusted by: nobody else may be able to change it.
 * @throws {FileError}; {HelperError} REFUSED: the system does not give it
 */
export async function readPublicKeyFile(path: string): Promise<string> {
  return await readTextFile(path, { maxBytes: maxPublicKeyBytes, isTrusted: true }).catch((cause: unknown) => {
    if (cause instanceof FileError || errorCode(cause) === undefined) throw cause
    throw new HelperError('REFUSED', `${path} is not read: ${describeError(cause)}`, {
      cause,
      hint: `ls -l ${shellPath(path)}`,
    })
  })
}
