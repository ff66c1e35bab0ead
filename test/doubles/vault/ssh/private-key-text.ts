import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { importPrivateKey, readPrivateKeyFields } from '../../../../src/ssh/private-key.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { SshError, SshReader, SshWriter } from '../../../../src/ssh/wire.ts'

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
 * Reads a CA key that an operator imports: PEM in any of the usual forms, without a passphrase.
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
