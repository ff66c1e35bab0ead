import { CodedError } from '../../core/errors.ts'
import { readTextFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { formatPublicKeyLine, type PublicKeyLine, parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { HelperError } from '../fast/failure.ts'

/** A public key is a line; the largest has 16384 bits. */
const maxBytes = 64 * 1024

/**
 * The line of a public key in a file, for whoever has it to log in without the CA.
 * @throws {HelperError} REFUSED: it is none; {FileError}; the system's error
 */
export async function readBreakGlassKey(path: string): Promise<string> {
  // Whoever can change it can log in to the machine.
  const text = await readTextFile(path, { maxBytes, isTrusted: true })
  const { blob, comment } = parse(text, path)
  const line = formatPublicKeyLine(blob, comment)
  if (/^\S+-cert-v\d+@/.test(line)) throw refused(path, 'a certificate, which ends; a plain key is wanted')
  return line
}

function parse(text: string, path: string): PublicKeyLine {
  if (/PRIVATE KEY/.test(text)) throw refused(path, 'a private key, which has no place in user data')
  try {
    return parsePublicKeyLine(text)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    throw refused(path, `no public key: ${error.message}`, error)
  }
}

function refused(path: string, what: string, cause?: Error): HelperError {
  const hint = `name the file that ends in .pub; to make one: ssh-keygen -y -f KEY > KEY.pub (ls -l ${shellWord(path)}*)`
  return new HelperError('REFUSED', `${path} has ${what}`, { cause, hint })
}
