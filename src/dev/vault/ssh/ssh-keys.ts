import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { importPrivateKey, readPrivateKeyFields } from '../../../ssh/private-key.ts'
import { decodePublicKey, type PublicKey, publicKeyFromKeyObject } from '../../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../ssh/public-key-line.ts'
import { SshError, SshReader, SshWriter } from '../../../ssh/wire.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'

const generate = promisify(generateKeyPair)

const curveOfName: ReadonlyMap<string, string> = new Map([
  ['ecdsa-sha2-nistp256', 'prime256v1'],
  ['ecdsa-sha2-nistp384', 'secp384r1'],
  ['ecdsa-sha2-nistp521', 'secp521r1'],
])
const curveOfBits: ReadonlyMap<number, string> = new Map([
  [0, 'prime256v1'],
  [256, 'prime256v1'],
  [384, 'secp384r1'],
  [521, 'secp521r1'],
])

/**
 * Makes a key for a CA or for `issue`.
 * @param bits 0 is the type's default: RSA 4096, P-256
 * @throws {DevVaultError} INTERNAL, as Vault does
 */
export async function generateSshKey(type: string, bits: number): Promise<KeyObject> {
  if (type === 'rsa' || type === 'ssh-rsa') {
    const modulusLength = bits === 0 ? 4096 : bits
    if (modulusLength < 2048) {
      throw new DevVaultError('INTERNAL', `refusing to generate weak ${type} key: ${modulusLength} bits < 2048 bits`)
    }
    return (await generate('rsa', { modulusLength })).privateKey
  }
  if (type === 'ed25519' || type === 'ssh-ed25519') return (await generate('ed25519', {})).privateKey
  const namedCurve = type === 'ec' ? curveOfBits.get(bits) : curveOfName.get(type)
  if (namedCurve !== undefined) return (await generate('ec', { namedCurve })).privateKey
  if (type === 'ec') {
    throw new DevVaultError('INTERNAL', `unknown ECDSA key pair algorithm and bits: ${type} / ${bits}`)
  }
  throw new DevVaultError('INTERNAL', `unknown ssh key pair algorithm: ${type}`)
}

/** `type base64\n`, as the CA's public key is answered. */
export function publicKeyText(key: KeyObject): string {
  return `${formatPublicKeyLine(publicKeyFromKeyObject(key).blob, '')}\n`
}

/** The private key in the form in which Vault's `issue` gives it: PKCS #1, SEC 1, or OpenSSH's for Ed25519. */
export function privateKeyText(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return String(key.export({ type: 'pkcs1', format: 'pem' }))
  if (key.asymmetricKeyType === 'ec') return String(key.export({ type: 'sec1', format: 'pem' }))
  return opensshPrivateKeyText(key)
}

const opensshMagic = 'openssh-key-v1\0'

/** PROTOCOL.key, without a passphrase. */
function opensshPrivateKeyText(key: KeyObject): string {
  const publicKey = publicKeyFromKeyObject(key)
  // After the type name: the point is all that an Ed25519 key has.
  const point = publicKey.blob.subarray(-32)
  // The last 32 bytes of the DER (RFC 8410 §7). Not a JWK: see `withOwnLock` in ssh/public-key.ts.
  const seed = key.export({ type: 'pkcs8', format: 'der' }).subarray(-32)
  const check = randomBytes(4)
  const fields = new SshWriter()
    .raw(check)
    .raw(check)
    .string(publicKey.type)
    .string(point)
    .string(Buffer.concat([seed, point]))
    .string('')
    .bytes()
  const padding = Uint8Array.from({ length: (8 - (fields.length % 8)) % 8 }, (_value, index) => index + 1)
  const bytes = new SshWriter()
    .raw(Buffer.from(opensshMagic, 'latin1'))
    .string('none')
    .string('none')
    .string('')
    .uint32(1)
    .string(publicKey.blob)
    .string(Buffer.concat([fields, padding]))
    .bytes()
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,70}/g) ?? []
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

/**
 * Reads a CA key that an operator brings: PEM in any of the usual forms, without a passphrase.
 * @throws {DevVaultError} INVALID_REQUEST
 */
export function parsePrivateKeyText(text: string): KeyObject {
  try {
    const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text) ?? []
    return base64 === undefined ? createPrivateKey(text) : parseOpensshPrivateKey(Buffer.from(base64, 'base64'))
  } catch (cause) {
    const reason = cause instanceof SshError ? cause.message : 'ssh: no key found'
    throw invalidRequest(`could not parse private_key provided value: ${reason}`)
  }
}

function parseOpensshPrivateKey(bytes: Buffer): KeyObject {
  const invalid = (message: string) => new SshError('KEY_INVALID', message)
  if (bytes.subarray(0, opensshMagic.length).toString('latin1') !== opensshMagic)
    throw invalid('ssh: not an OpenSSH key')
  const reader = new SshReader(bytes.subarray(opensshMagic.length))
  if (reader.text() !== 'none') throw invalid('ssh: this private key is passphrase protected')
  reader.string()
  reader.string()
  if (reader.uint32() !== 1) throw invalid('ssh: more than one key')
  reader.string()
  const fields = new SshReader(reader.string())
  const [check, repeated] = [fields.uint32(), fields.uint32()]
  if (check !== repeated) throw invalid('ssh: malformed OpenSSH key')
  return importPrivateKey(readPrivateKeyFields(fields)).privateKey
}

/**
 * Reads a public key as `sign` takes it: the base64 alone, or what stands between the first and the second blank.
 * @throws {Error} whose message is what golang.org/x/crypto/ssh would say
 */
export function parseSshPublicKey(text: string): PublicKey {
  const parts = text.split(' ')
  const base64 = (parts.length > 1 ? parts[1]! : text).replaceAll(/[\r\n]/g, '')
  const wrongAt = firstIllegalBase64(base64)
  if (wrongAt !== undefined) throw new Error(`illegal base64 data at input byte ${wrongAt}`)
  const blob = Buffer.from(base64, 'base64')
  try {
    return decodePublicKey(blob)
  } catch (error) {
    if (!(error instanceof SshError)) throw error
    if (error.code === 'KEY_TYPE_UNKNOWN') {
      throw new Error(`ssh: unknown key algorithm: ${new SshReader(blob).text()}`, { cause: error })
    }
    throw new Error(error.code === 'WIRE_TRUNCATED' ? 'ssh: short read' : `ssh: ${error.message}`, { cause: error })
  }
}

/** Where Go's decoder would stop: at a wrong character, or at the begin of an incomplete last group of four. */
function firstIllegalBase64(text: string): number | undefined {
  const wrong = text.search(/[^A-Za-z0-9+/=]/)
  if (wrong >= 0) return wrong
  const padding = text.indexOf('=')
  const isPadded = padding < 0 || (/^={1,2}$/.test(text.slice(padding)) && padding % 4 >= 2)
  if (!isPadded) return padding
  return text.length % 4 === 0 ? undefined : text.length - (text.length % 4)
}
