import type { KeyObject } from 'node:crypto'
import type { Turns } from '../../core/calls/turns.ts'
import { keyGeneratorNamed } from '../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../ssh/public-key.ts'
import { createKeySigner } from '../keys/key-signer.ts'
import type { MaybePromise, Signer } from '../keys/key-store.ts'

/** A key pair that belongs to this process. The private half is only in the signer and is never exported. */
export interface EphemeralKey {
  publicKey: PublicKey
  /** Signs for clients that name the plain key. */
  signer: Signer
}

/** What making a key needs. */
export interface EphemeralKeyOptions {
  /** As in config.toml, such as `rsa-3072`. */
  keyType: string
  /** The turns for keys that keep a thread busy for seconds: Node has few, and files and signatures need them too. */
  slowKeys: Turns
  /** Called before each signature. */
  onSign: () => void
}

/**
 * Makes a key pair. A promise if making it takes long.
 * @throws {SshError} KEY_TYPE_UNKNOWN
 */
export function createEphemeralKey({ keyType, slowKeys, onSign }: EphemeralKeyOptions): MaybePromise<EphemeralKey> {
  const { isSlow, generate } = keyGeneratorNamed(keyType)
  const made = isSlow ? slowKeys.run(generate) : generate()
  return made instanceof Promise ? made.then((key) => toEphemeralKey(key, onSign)) : toEphemeralKey(made, onSign)
}

function toEphemeralKey(privateKey: KeyObject, onSign: () => void): EphemeralKey {
  const publicKey = publicKeyFromKeyObject(privateKey)
  const signer = createKeySigner({ keyBlob: publicKey.blob, comment: '' }, privateKey, publicKey)
  const sign: Signer['sign'] = (data, flags) => {
    onSign()
    return signer.sign(data, flags)
  }
  return { publicKey, signer: { ...signer, sign } }
}
