import type { KeyObject } from 'node:crypto'
import { keyTypeNamed } from '../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../ssh/public-key.ts'
import { SshError } from '../../ssh/wire.ts'
import { createKeySigner } from '../keys/key-signer.ts'
import type { MaybePromise, Signer } from '../keys/key-store.ts'

/** A key pair that belongs to this process. The private half is only in the signer and is never exported. */
export interface EphemeralKey {
  publicKey: PublicKey
  /** Signs for clients that name the plain key. */
  signer: Signer
}

/**
 * Makes a key pair of a type. A promise if making it takes long.
 * @param typeName a plain type such as `ssh-ed25519`
 * @param onSign called before each signature
 * @throws {SshError} KEY_TYPE_UNKNOWN
 */
export function createEphemeralKey(typeName: string, onSign: () => void): MaybePromise<EphemeralKey> {
  const { privateKeys } = keyTypeNamed(typeName)
  if (privateKeys === undefined) throw new SshError('KEY_TYPE_UNKNOWN', `keys of type ${typeName} are not made here`)
  const made = privateKeys.generate()
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
