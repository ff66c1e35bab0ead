import { CodedError } from '../core/errors.ts'
import { shellWord } from '../core/text/shell-word.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../ssh/public-key-line.ts'
import { HelperError } from './fast/failure.ts'

/** Public keys are lines; the largest has 16384 bits. */
export const maxPublicKeyBytes = 64 * 1024

/** Where a text comes from. */
export interface PublicKeySource {
  /** How it is called in a message. */
  name: string
  /** Present: it is a file. */
  path?: string
  /** What a private key would be there for, such as `which has no place in user data`. */
  notPrivate: string
}

/**
 * Reads a text that is to be the line of one plain public key. Nothing of it is in an error.
 * @throws {HelperError} REFUSED: it is something else, such as a private key
 */
export function readPublicKeyText(text: string, source: PublicKeySource): string {
  refusePrivateKey(text, source)
  try {
    const { blob, comment } = parsePublicKeyLine(text)
    const line = formatPublicKeyLine(blob, comment)
    if (/^\S+-cert-v\d+@/.test(line)) throw refused(source, 'a certificate; a plain key is wanted')
    return line
  } catch (error) {
    if (!(error instanceof CodedError) || error instanceof HelperError) throw error
    throw refused(source, `no public key: ${error.message}`, error)
  }
}

/** Refuses what is a private key in OpenSSH's form, PEM, PKCS #8 or PuTTY's. @throws {HelperError} REFUSED */
export function refusePrivateKey(text: string, source: PublicKeySource): void {
  if (/PRIVATE KEY|^PuTTY-User-Key-File/.test(text)) throw refused(source, `a private key, ${source.notPrivate}`)
}

function refused({ name, path }: PublicKeySource, what: string, cause?: Error): HelperError {
  const look = path === undefined ? '' : ` (ls -l ${shellWord(path)}*)`
  const hint = `name the file that ends in .pub; to make one: ssh-keygen -y -f KEY > KEY.pub${look}`
  return new HelperError('REFUSED', `${name} has ${what}`, { cause, hint })
}
