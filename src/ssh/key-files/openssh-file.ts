import type { Secret } from '../../core/secret.ts'
import { importPrivateKey, readPrivateKeyFields } from '../private-key.ts'
import { equalBytes, SshError, SshReader } from '../wire.ts'
import { commentText, type KeyFile } from './key-file.ts'
import { damaged, notKept, passphraseNeeded, severalKeys, wrongPassphrase } from './key-file-error.ts'
import { cipherNamed, decryptSection } from './openssh-cipher.ts'

const magic = Buffer.from('openssh-key-v1\0')
const frame = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/

/** OpenSSH's own form (PROTOCOL.key), as ssh-keygen writes it. */
export async function readOpensshFile(text: string, passphrase: Secret<Uint8Array> | undefined): Promise<KeyFile> {
  const base64 = frame.exec(text)?.[1]
  if (base64 === undefined) throw damaged()
  const bytes = Buffer.from(base64, 'base64')
  try {
    return await readBytes(bytes, passphrase)
  } catch (error) {
    throw error instanceof SshError ? notKept(error) : error
  } finally {
    bytes.fill(0)
  }
}

async function readBytes(bytes: Buffer, passphrase: Secret<Uint8Array> | undefined): Promise<KeyFile> {
  if (!equalBytes(bytes.subarray(0, magic.length), magic)) throw damaged()
  const reader = new SshReader(bytes.subarray(magic.length))
  const [cipherName, kdf, kdfOptions] = [reader.text(), reader.text(), reader.string()]
  if (reader.uint32() !== 1) throw severalKeys()
  const publicBlob = reader.string()
  const section = reader.string()
  if (cipherName === 'none') {
    reader.end()
    return readSection(section, publicBlob)
  }
  const cipher = cipherNamed(cipherName, kdf)
  const tag = reader.rest()
  if (passphrase === undefined) throw passphraseNeeded(publicBlob)
  const opened = await decryptSection({ cipher, kdfOptions, section, tag }, passphrase)
  try {
    if (!hasEqualChecks(opened)) throw wrongPassphrase()
    return readSection(opened, publicBlob)
  } finally {
    opened.fill(0)
  }
}

/** Two equal numbers say that it was decrypted rightly. */
function hasEqualChecks(section: Uint8Array): boolean {
  const reader = new SshReader(section)
  const first = reader.uint32()
  return first === reader.uint32()
}

function readSection(section: Uint8Array, publicBlob: Uint8Array): KeyFile {
  if (!hasEqualChecks(section)) throw damaged()
  const reader = new SshReader(section.subarray(8))
  const fields = readPrivateKeyFields(reader)
  const comment = commentText(reader.string())
  // 1, 2, 3, … up to a whole block.
  if (!reader.rest().every((byte, index) => byte === index + 1)) throw damaged()
  const { privateKey, publicKey } = importPrivateKey(fields)
  if (!equalBytes(publicKey.blob, publicBlob)) throw damaged()
  return { privateKey, publicKey, comment }
}
