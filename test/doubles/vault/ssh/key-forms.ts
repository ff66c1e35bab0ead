import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError } from '../../../../src/dev/vault/errors.ts'
import { decodePublicKey, type PublicKey } from '../../../../src/ssh/public-key.ts'
import { SshError, SshReader } from '../../../../src/ssh/wire.ts'

const generate = promisify(generateKeyPair)

/** Refuses public keys in the words of a real server. */
export const keyWords: Plugin = () => ({ ssh: { parseKey: parseSshPublicKey } })

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

/**
 * Reads a public key as `sign` accepts it: the base64 alone, or what stands between the first and the second blank.
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

/** Where Go's decoder would stop: at a wrong character, or at the beginning of an incomplete last group of four. */
function firstIllegalBase64(text: string): number | undefined {
  const wrong = text.search(/[^A-Za-z0-9+/=]/)
  if (wrong >= 0) return wrong
  const padding = text.indexOf('=')
  const isPadded = padding < 0 || (/^={1,2}$/.test(text.slice(padding)) && padding % 4 >= 2)
  if (!isPadded) return padding
  return text.length % 4 === 0 ? undefined : text.length - (text.length % 4)
}
