import { generateKeyPairSync } from 'node:crypto'
import { type PublicKey, publicKeyFromKeyObject } from '../ssh/public-key.ts'
import { createKeySigner } from './key-signer.ts'
import type { Signer } from './key-store.ts'

/** A key pair of this process. The private half is in `sign` alone and is never exported. */
export interface EphemeralKey {
  publicKey: PublicKey
  sign: Signer['sign']
  /** Signs for clients that name the plain key. */
  bareSigner: Signer
}

/** @param onSign called before each signature */
export function createEphemeralKey(onSign: () => void): EphemeralKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = publicKeyFromKeyObject(privateKey)
  const signer = createKeySigner({ keyBlob: publicKey.blob, comment: '' }, privateKey, publicKey)
  const sign: Signer['sign'] = (data, flags) => {
    onSign()
    return signer.sign(data, flags)
  }
  return { publicKey, sign, bareSigner: { identity: signer.identity, sign } }
}
