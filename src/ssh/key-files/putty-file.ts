import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'
import { importPrivateKey, readPrivateKeyFields } from '../private-key.ts'
import { SshError, SshReader, SshWriter } from '../wire.ts'
import { commentText, type KeyFile } from './key-file.ts'
import { damaged, KeyFileError, notKept, passphraseNeeded, puttygen, wrongPassphrase } from './key-file-error.ts'

/** The fields of a file, in its order (PuTTY's manual, appendix C). */
interface PuttyFile {
  version: number
  algorithm: string
  encryption: string
  /** As it is in the file, in whatever encoding. */
  comment: Buffer
  publicBlob: Buffer
  privateBlob: Buffer
  mac: Buffer
}

/** PuTTY's form: version 2 with or without a passphrase, version 3 without one (PuTTY's manual, appendix C). */
export function readPuttyFile(text: string, passphrase: Secret<Uint8Array> | undefined): KeyFile {
  const file = parse(text)
  const isEncrypted = file.encryption !== 'none'
  if (file.version !== 2 && (file.version !== 3 || isEncrypted)) throw unsupported()
  if (isEncrypted && file.encryption !== 'aes256-cbc') throw unsupported()
  if (isEncrypted && passphrase === undefined) throw passphraseNeeded(file.publicBlob)
  const secret = isEncrypted ? passphrase!.expose() : new Uint8Array()
  const opened = isEncrypted ? decrypt(file.privateBlob, secret) : file.privateBlob
  try {
    if (!isGenuine(file, opened, secret)) throw isEncrypted ? wrongPassphrase() : damaged()
    const { privateKey, publicKey } = importPrivateKey(readPrivateKeyFields(new SshReader(toWire(file, opened))))
    return { privateKey, publicKey, comment: commentText(file.comment) }
  } catch (error) {
    throw error instanceof SshError ? notKept(error) : error
  } finally {
    opened.fill(0)
  }
}

/** Encrypted files of version 3 need Argon2, which Node has from version 24 on. */
const unsupported = () =>
  new KeyFileError('KEY_FILE_UNSUPPORTED', "PuTTY's files of this version are not read here while they are encrypted", {
    conversion: puttygen,
  })

function parse(text: string): PuttyFile {
  const lines = text.split(/\r\n|\n|\r/)
  let at = 0
  const field = (name: string): string => {
    const line = lines[at] ?? ''
    if (!line.startsWith(`${name}: `)) throw damaged()
    at += 1
    return line.slice(name.length + 2)
  }
  const block = (name: string): Buffer => {
    const count = Number(field(name))
    if (!Number.isInteger(count) || count < 0 || at + count > lines.length) throw damaged()
    const from = at
    at += count
    return Buffer.from(lines.slice(from, at).join(''), 'base64')
  }
  const version = Number(/^PuTTY-User-Key-File-(\d): /.exec(lines[0]!)?.[1])
  const algorithm = field(`PuTTY-User-Key-File-${version}`)
  const [encryption, comment] = [field('Encryption'), Buffer.from(field('Comment'), 'latin1')]
  const publicBlob = block('Public-Lines')
  // How version 3 derives its key: such a file is refused, whatever it says here.
  while (version === 3 && /^(Key-Derivation|Argon2-\w+): /.test(lines[at] ?? '')) at += 1
  const privateBlob = block('Private-Lines')
  const mac = Buffer.from(field('Private-MAC'), 'hex')
  return { version, algorithm, encryption, comment, publicBlob, privateBlob, mac }
}

function decrypt(blob: Buffer, secret: Uint8Array): Buffer {
  const part = (index: number) =>
    createHash('sha1')
      .update(Uint8Array.of(0, 0, 0, index))
      .update(secret)
      .digest()
  const key = Buffer.concat([part(0), part(1)]).subarray(0, 32)
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
    return Buffer.concat([decipher.update(blob), decipher.final()])
  } catch (cause) {
    throw damaged(cause)
  } finally {
    key.fill(0)
  }
}

/** The MAC is over the decrypted fields, so it says too whether the passphrase was right. */
function isGenuine({ version, mac, ...file }: PuttyFile, opened: Buffer, secret: Uint8Array): boolean {
  const { algorithm, encryption, comment, publicBlob } = file
  const covered = new SshWriter().string(algorithm).string(encryption).string(comment).string(publicBlob).string(opened)
  const ofVersion2 = () => createHash('sha1').update('putty-private-key-file-mac-key').update(secret).digest()
  const key = version === 2 ? ofVersion2() : Buffer.alloc(0)
  const bytes = covered.bytes()
  const wanted = createHmac(version === 2 ? 'sha1' : 'sha256', key)
    .update(bytes)
    .digest()
  bytes.fill(0)
  return wanted.length === mac.length && timingSafeEqual(wanted, mac)
}

/** As `ssh-add` sends the key (RFC 9987 §5.2). */
function toWire({ algorithm, publicBlob }: PuttyFile, opened: Buffer): Uint8Array {
  const [open, secret] = [new SshReader(publicBlob), new SshReader(opened)]
  if (open.text() !== algorithm) throw damaged()
  const writer = new SshWriter().string(algorithm)
  if (algorithm === 'ssh-rsa') {
    const [e, n] = [open.mpint(), open.mpint()]
    const [d, p, q, iqmp] = [secret.mpint(), secret.mpint(), secret.mpint(), secret.mpint()]
    return writer.mpint(n).mpint(e).mpint(d).mpint(iqmp).mpint(p).mpint(q).bytes()
  }
  if (algorithm === 'ssh-ed25519') {
    const point = open.string()
    // A little-endian number, whose last zeros are left out.
    const seed = Buffer.concat([secret.string(), Buffer.alloc(32)]).subarray(0, 32)
    return writer
      .string(point)
      .string(Buffer.concat([seed, point]))
      .bytes()
  }
  // What follows the type of an ECDSA key is the same here and there; other types are refused by their name.
  return writer.raw(open.rest()).mpint(secret.mpint()).bytes()
}
