import { readTextFile } from '../../core/files/read-file.ts'
import { maxPublicKeyBytes, readPublicKeyText } from '../public-key-text.ts'

/**
 * The line of a public key in a file, for whoever has it to log in without the CA.
 * @throws {HelperError} REFUSED: it is none; {FileError}; the system's error
 */
export async function readBreakGlassKey(path: string): Promise<string> {
  // Whoever can change it can log in to the machine.
  const text = await readTextFile(path, { maxBytes: maxPublicKeyBytes, isTrusted: true })
  return readPublicKeyText(text, { name: path, path, notPrivate: 'which has no place in user data' })
}
