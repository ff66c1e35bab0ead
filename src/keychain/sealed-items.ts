import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto'
import * as v from 'valibot'
import type { Secret } from '../core/secret.ts'

/** How much work scrypt does for one key (RFC 7914 §2). It takes 128·n·r bytes of memory. */
export interface ScryptCost {
  n: number
  r: number
  p: number
}

/** 16 MiB and about a fifth of a second: OWASP's Password Storage Cheat Sheet, the row with the second least memory. */
export const defaultScryptCost: ScryptCost = { n: 2 ** 14, r: 8, p: 5 }
const workOf = ({ n, r, p }: ScryptCost) => n * r * p
/** What a file may make us spend on its key: memory, and four times the usual work, a second or so. */
const maxScryptBytes = 64 * 1024 * 1024
const maxScryptWork = 4 * workOf(defaultScryptCost)

/** What a key is derived with, besides the passphrase; written in the file. */
export interface KeyDerivation {
  /** 16 random bytes in base64. */
  salt: string
  cost: ScryptCost
}

/** A new salt for a new file. */
export function newKeyDerivation(cost: ScryptCost): KeyDerivation {
  return { salt: randomBytes(16).toString('base64'), cost }
}

/** A derived key. A file with another salt or cost needs another one. */
export interface FileKey {
  derivation: KeyDerivation
  encryptionKey: Uint8Array
  /** Kept in the file, so that a wrong passphrase is not mistaken for a damaged file. */
  check: string
}

const isPowerOfTwo = (n: number) => n >= 2 && Number.isInteger(Math.log2(n))

const headerSchema = v.strictObject({
  format: v.literal('latchkey-keychain'),
  version: v.literal(1),
  kdf: v.literal('scrypt'),
  cost: v.strictObject({
    n: v.pipe(v.number(), v.check(isPowerOfTwo)),
    r: v.pipe(v.number(), v.integer(), v.minValue(1)),
    p: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
  }),
  salt: v.pipe(v.string(), v.base64(), v.minLength(16)),
  check: v.string(),
  cipher: v.literal('aes-256-gcm'),
  nonce: v.pipe(v.string(), v.base64()),
})
const versionSchema = v.object({ format: v.literal('latchkey-keychain'), version: v.number() })
const itemsSchema = v.array(v.strictTuple([v.string(), v.string()]))

/** A keychain file that is whole, still encrypted. */
export interface SealedItems {
  header: v.InferOutput<typeof headerSchema>
  /** The header's line as it stands in the file: it is authenticated with the content. */
  headerLine: string
  sealed: Uint8Array
}

/** Why a file cannot be opened. */
export class SealedItemsError extends Error {
  readonly reason: 'damaged' | 'newer-version' | 'wrong-passphrase'

  constructor(reason: SealedItemsError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Derives the key of a file, off the main thread. */
export async function deriveFileKey(passphrase: Secret<string>, { salt, cost }: KeyDerivation): Promise<FileKey> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const options = { N: cost.n, r: cost.r, p: cost.p, maxmem: 2 * maxScryptBytes }
    scrypt(passphrase.expose(), Buffer.from(salt, 'base64'), 64, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
  return { derivation: { salt, cost }, encryptionKey: bytes.subarray(0, 32), check: bytes.toString('base64', 32) }
}

/**
 * Encrypts items into the text of a keychain file: a header in JSON, the encrypted items in base64, and the SHA-256 of
 * these two lines in hex. The header, with version, salt and cost, is bound to the content as additional data. The
 * checksum needs no key: by it a file that was cut or damaged is not taken for a wrong passphrase.
 */
export function sealItems(items: ReadonlyMap<string, string>, key: FileKey): string {
  // A random nonce: after 2^32 writes under one key it would have to change (NIST SP 800-38D §8.3).
  const nonce = randomBytes(12)
  const header: SealedItems['header'] = {
    format: 'latchkey-keychain',
    version: 1,
    kdf: 'scrypt',
    cost: key.derivation.cost,
    salt: key.derivation.salt,
    check: key.check,
    cipher: 'aes-256-gcm',
    nonce: nonce.toString('base64'),
  }
  const headerLine = JSON.stringify(header)
  const cipher = createCipheriv('aes-256-gcm', key.encryptionKey, nonce).setAAD(Buffer.from(headerLine))
  const sealed = [cipher.update(JSON.stringify([...items]), 'utf8'), cipher.final(), cipher.getAuthTag()]
  const lines = `${headerLine}\n${Buffer.concat(sealed).toString('base64')}\n`
  return `${lines}${checksum(lines)}\n`
}

/** Reads the text of a keychain file as far as a key is not needed. @throws {SealedItemsError} damaged, newer-version */
export function parseSealedItems(text: string): SealedItems {
  const [headerLine = '', sealedLine = '', sum = '', ...rest] = text.split('\n')
  const written = parseJson(headerLine)
  const versioned = v.safeParse(versionSchema, written)
  if (!versioned.success) throw damaged('it does not begin like a keychain file')
  if (versioned.output.version > 1) {
    throw new SealedItemsError('newer-version', `its format has version ${versioned.output.version}`)
  }
  if (rest.length !== 1 || rest[0] !== '') throw damaged('it is cut short, or goes on after its end')
  if (checksum(`${headerLine}\n${sealedLine}\n`) !== sum) throw damaged('its checksum is wrong')
  const header = v.safeParse(headerSchema, written)
  if (!header.success) throw damaged('its header is wrong')
  const { n, r } = header.output.cost
  if (128 * n * r > maxScryptBytes) throw damaged('its header asks for too much memory')
  if (workOf(header.output.cost) > maxScryptWork) throw damaged('its header asks for too much work')
  return { header: header.output, headerLine, sealed: Buffer.from(sealedLine, 'base64') }
}

/** Decrypts what parseSealedItems read. @throws {SealedItemsError} wrong-passphrase, damaged */
export function openSealedItems({ header, headerLine, sealed }: SealedItems, key: FileKey): Map<string, string> {
  if (header.check !== key.check) throw new SealedItemsError('wrong-passphrase', 'the passphrase is wrong')
  const bytes = decrypt(sealed, key, Buffer.from(header.nonce, 'base64'), headerLine)
  const items = v.safeParse(itemsSchema, parseJson(bytes.toString('utf8')))
  if (!items.success) throw damaged('what it holds is not a list of items')
  return new Map(items.output)
}

function decrypt(sealed: Uint8Array, key: FileKey, nonce: Uint8Array, headerLine: string): Buffer {
  const tagStart = sealed.length - 16
  if (tagStart < 0 || nonce.length !== 12) throw damaged('it is too short')
  const decipher = createDecipheriv('aes-256-gcm', key.encryptionKey, nonce, { authTagLength: 16 })
    .setAAD(Buffer.from(headerLine))
    .setAuthTag(sealed.subarray(tagStart))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, tagStart)), decipher.final()])
  } catch {
    throw damaged('somebody has changed it')
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function damaged(why: string): SealedItemsError {
  return new SealedItemsError('damaged', why)
}

// Without the parser's message, which quotes the text.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
