import type { Secret } from '../../core/secret.ts'
import type { KeyFile } from './key-file.ts'
import { KeyFileError, puttygen, severalKeys } from './key-file-error.ts'
import { readOpensshFile } from './openssh-file.ts'
import { readPemFile } from './pem-file.ts'
import { readPuttyFile } from './putty-file.ts'

/**
 * Reads a private key in OpenSSH's form, PEM (PKCS #1, SEC 1, PKCS #8) or PuTTY's, told apart by what is in the file.
 * @throws {KeyFileError}
 */
export async function readKeyFile(content: Uint8Array, passphrase?: Secret<Uint8Array>): Promise<KeyFile> {
  const text = textOf(content)
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label]) => label!)
  // A user who stores one of them and deletes the file would lose the other.
  const puttyKeys = text.match(/^PuTTY-User-Key-File-\d: /gm) ?? []
  if (labels.filter(isPrivate).length + puttyKeys.length > 1) throw severalKeys()
  if (labels.includes('OPENSSH PRIVATE KEY')) return await readOpensshFile(text, passphrase)
  if (text.startsWith('PuTTY-User-Key-File-')) return readPuttyFile(text, passphrase)
  if (labels.some(isPrivate)) return readPemFile(text, passphrase)
  throw unknown(text, labels)
}

const isPrivate = (label: string) => label.endsWith('PRIVATE KEY')

/** Each byte is a character: what is not ASCII is kept as it is. */
const textOf = (content: Uint8Array) =>
  Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1')

function unknown(text: string, labels: readonly string[]): KeyFileError {
  if (/^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----/m.test(text))
    return new KeyFileError('KEY_FILE_UNSUPPORTED', 'this is a key of ssh.com, which is not read here', {
      conversion: puttygen,
    })
  const isPublic =
    /^(?:ssh-|ecdsa-|sk-|---- BEGIN SSH2 PUBLIC)/m.test(text) || labels.some((label) => label.endsWith('PUBLIC KEY'))
  return isPublic
    ? new KeyFileError('KEY_FILE_UNKNOWN', 'this is a public key; the private one is wanted')
    : new KeyFileError('KEY_FILE_UNKNOWN', "this is no private key in OpenSSH's form, PEM or PuTTY's")
}
