import type { Secret } from '../../core/secret.ts'
import type { KeyFile } from './key-file.ts'
import { KeyFileError } from './key-file-error.ts'
import { readOpensshFile } from './openssh-file.ts'
import { readPemFile } from './pem-file.ts'
import { readPuttyFile } from './putty-file.ts'

/**
 * Reads a private key in OpenSSH's form, PEM (PKCS #1, SEC 1, PKCS #8) or PuTTY's, told apart by what is in the file.
 * @throws {KeyFileError}
 */
export async function readKeyFile(content: Uint8Array, passphrase?: Secret<string>): Promise<KeyFile> {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1')
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label]) => label!)
  if (labels.includes('OPENSSH PRIVATE KEY')) return await readOpensshFile(text, passphrase)
  if (text.startsWith('PuTTY-User-Key-File-')) return readPuttyFile(text, passphrase)
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) return readPemFile(text, passphrase)
  throw unknown(text, labels)
}

function unknown(text: string, labels: readonly string[]): KeyFileError {
  if (/^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----/m.test(text))
    return new KeyFileError('KEY_FILE_UNSUPPORTED', 'this is a key of ssh.com, which is not read here', {
      hint: 'puttygen FILE -O private-openssh-new -o NEW',
    })
  const isPublic =
    /^(?:ssh-|ecdsa-|sk-|---- BEGIN SSH2 PUBLIC)/m.test(text) || labels.some((label) => label.endsWith('PUBLIC KEY'))
  return isPublic
    ? new KeyFileError('KEY_FILE_UNKNOWN', 'this is a public key; the private one is wanted')
    : new KeyFileError('KEY_FILE_UNKNOWN', "this is no private key in OpenSSH's form, PEM or PuTTY's")
}
