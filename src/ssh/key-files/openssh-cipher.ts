import { createDecipheriv } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'
import { SshReader } from '../wire.ts'
import { type Conversion, damaged, KeyFileError, wrongPassphrase } from './key-file-error.ts'

/** How OpenSSH's form encrypts (OpenSSH's cipher.c); lengths in bytes. */
export interface SectionCipher {
  openssl: string
  keyBytes: number
  ivBytes: number
  /** Of the tag behind the section; 0 where the cipher has none. */
  tagBytes: number
}

const aes = (bits: number, mode: string): SectionCipher => ({
  openssl: `aes-${bits}-${mode}`,
  keyBytes: bits / 8,
  ivBytes: mode === 'gcm' ? 12 : 16,
  tagBytes: mode === 'gcm' ? 16 : 0,
})

const ciphers = new Map<string, SectionCipher>([
  ...[128, 192, 256].flatMap((bits): [string, SectionCipher][] => [
    [`aes${bits}-ctr`, aes(bits, 'ctr')],
    [`aes${bits}-cbc`, aes(bits, 'cbc')],
    [`aes${bits}-gcm@openssh.com`, aes(bits, 'gcm')],
  ]),
  ['3des-cbc', { openssl: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8, tagBytes: 0 }],
])

/**
 * ssh-keygen uses 16 or 24. In JavaScript a round takes some thirty milliseconds, and a file that asks for more than this would take
 * longer than anybody waits.
 */
const maxRounds = 1000
const reencrypt: Conversion = (file, copy) => `cp ${file} ${copy} && ssh-keygen -p -Z aes256-ctr -a 24 -f ${copy}`

/** @throws {KeyFileError} KEY_FILE_UNSUPPORTED */
export function cipherNamed(name: string, kdf: string): SectionCipher {
  const cipher = ciphers.get(name)
  if (cipher === undefined || kdf !== 'bcrypt')
    throw new KeyFileError('KEY_FILE_UNSUPPORTED', 'the key is encrypted in a way that is not known here', {
      conversion: reencrypt,
    })
  return cipher
}

/** An encrypted section, and what belongs to it. */
export interface SealedSection {
  cipher: SectionCipher
  /** Salt and rounds of bcrypt_pbkdf. */
  kdfOptions: Uint8Array
  section: Uint8Array
  tag: Uint8Array
}

/** Decrypts it; the padding is left. @throws {KeyFileError} */
export async function decryptSection(sealed: SealedSection, passphrase: Secret<Uint8Array>): Promise<Buffer> {
  const { cipher, section, tag } = sealed
  if (tag.length !== cipher.tagBytes) throw damaged()
  const derived = await deriveKey(sealed, passphrase)
  try {
    const [key, iv] = [derived.subarray(0, cipher.keyBytes), derived.subarray(cipher.keyBytes)]
    const decipher = createDecipheriv(cipher.openssl, key, iv)
    decipher.setAutoPadding(false)
    if (cipher.tagBytes > 0 && 'setAuthTag' in decipher)
      (decipher as { setAuthTag(tag: Uint8Array): void }).setAuthTag(tag)
    return Buffer.concat([decipher.update(section), decipher.final()])
  } catch (cause) {
    throw wrongPassphrase(cause)
  } finally {
    derived.fill(0)
  }
}

async function deriveKey({ cipher, kdfOptions }: SealedSection, passphrase: Secret<Uint8Array>): Promise<Uint8Array> {
  const reader = new SshReader(kdfOptions)
  const [salt, rounds] = [reader.string(), reader.uint32()]
  reader.end()
  if (rounds > maxRounds)
    throw new KeyFileError('KEY_FILE_UNSUPPORTED', `the passphrase takes ${rounds} rounds, of at most ${maxRounds}`, {
      conversion: reencrypt,
    })
  // Loaded for such a file only.
  const { pbkdf } = await import('bcrypt-pbkdf')
  const secret = passphrase.expose()
  // ssh-keygen encrypts with none that is empty, and the function refuses it.
  if (secret.length === 0) throw wrongPassphrase()
  const derived = new Uint8Array(cipher.keyBytes + cipher.ivBytes)
  if (pbkdf(secret, secret.length, salt, salt.length, derived, derived.length, rounds) !== 0) throw damaged()
  return derived
}
