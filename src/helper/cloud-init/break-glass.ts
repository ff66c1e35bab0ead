import { readPublicKeyFile } from '../public-key-file.ts'
import { readPublicKeyText } from '../public-key-text.ts'

/**
 * The line of a public key in a file, for a login by that key without the CA.
 * @throws {HelperError} REFUSED: it is none, or not to be read; {FileError}
 */
export async function readBreakGlassKey(path: string): Promise<string> {
  // Anybody who can change it can log in to the machine.
  const text = await readPublicKeyFile(path)
  return readPublicKeyText(text, { name: path, path, notPrivate: 'which has no place in user data' })
}
