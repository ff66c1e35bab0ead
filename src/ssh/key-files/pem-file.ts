import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../public-key.ts'
import { SshError } from '../wire.ts'
import type { KeyFile } from './key-file.ts'
import { damaged, KeyFileError, notKept, passphraseNeeded, wrongPassphrase } from './key-file-error.ts'

/** PKCS #8 (RFC 5958), and the older forms with OpenSSL's own encryption (PEM_read(3), "PEM ENCRYPTION FORMAT"). */
const encrypted = /^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)/m

/** Reads PEM as OpenSSL does: whatever precedes the key, such as the parameters of its curve, is passed over. */
export function readPemFile(text: string, passphrase: Secret<Uint8Array> | undefined): KeyFile {
  const isEncrypted = encrypted.test(text)
  if (isEncrypted && passphrase === undefined) throw passphraseNeeded()
  const privateKey = open(text, isEncrypted ? passphrase : undefined)
  return { privateKey, publicKey: publicHalf(privateKey), comment: '' }
}

function open(text: string, passphrase: Secret<Uint8Array> | undefined): KeyObject {
  try {
    return createPrivateKey({
      key: text,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase: Buffer.from(passphrase.expose()) }),
    })
  } catch (cause) {
    throw passphrase === undefined ? damaged(cause) : wrongPassphrase(cause)
  }
}

function publicHalf(key: KeyObject): PublicKey {
  try {
    return publicKeyFromKeyObject(key)
  } catch (cause) {
    if (cause instanceof SshError && cause.code === 'KEY_SIZE_UNKNOWN') throw notKept(cause)
    const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown'
    throw new KeyFileError('KEY_FILE_UNSUPPORTED', `keys of the kind ${kind} are not used by SSH`, { cause })
  }
}
