import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { decodePublicKey, type PublicKey, publicKeyFromKeyObject } from '../../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../ssh/public-key-line.ts'
import { notBuilt } from '../errors.ts'

/** Makes a CA key. @throws {DevVaultError} INVALID_REQUEST for any type but Ed25519 */
export async function generateCaKey(type: string): Promise<KeyObject> {
  if (type !== 'ed25519' && type !== 'ssh-ed25519') throw notBuilt(`a CA key of type '${type}'`)
  return (await promisify(generateKeyPair)('ed25519', {})).privateKey
}

/** `type base64\n`, as the CA's public key is answered. */
export function publicKeyText(key: KeyObject): string {
  return `${formatPublicKeyLine(publicKeyFromKeyObject(key).blob, '')}\n`
}

/**
 * Reads a public key as `sign` accepts it: the base64 alone, or what stands between the first and the second blank.
 * @throws {SshError}
 */
export function parseSshPublicKey(text: string): PublicKey {
  const [first = '', second = first] = text.split(' ')
  return decodePublicKey(Buffer.from(second, 'base64'))
}
