import { type KeyObject, randomBytes } from 'node:crypto'
import { privateKeyOfDer } from '../../ssh/keys/der.ts'
import { keyTypeNamed } from '../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../../ssh/public-key.ts'
import { signDataInPool, verifySignature } from '../../ssh/signature.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { StaticKeyError } from './static-key-error.ts'

/**
 * The key, after a signature: OpenSSL reads numbers that do not belong together.
 * @param pkcs8 in DER; it is overwritten
 * @throws {StaticKeyError} SSH_KEY_INVALID
 */
export async function provenKey(pkcs8: Buffer): Promise<{ privateKey: KeyObject; publicKey: PublicKey }> {
  const invalid = (cause?: unknown) =>
    new StaticKeyError('SSH_KEY_INVALID', 'this is not a private key that SSH uses', { cause })
  try {
    const privateKey = privateKeyOfDer(pkcs8, 'pkcs8')
    const publicKey = publicKeyFromKeyObject(privateKey)
    if (!(await signsFor(privateKey, publicKey.blob))) throw invalid()
    return { privateKey, publicKey }
  } catch (error) {
    throw error instanceof StaticKeyError ? error : invalid(error)
  }
}

/** Whether a private key signs for a public one, which is tried. */
export async function signsFor(privateKey: KeyObject, keyBlob: Uint8Array): Promise<boolean> {
  const publicKey = publicKeyFromKeyObject(privateKey)
  const data = randomBytes(32)
  const [algorithm] = keyTypeNamed(publicKey.type).algorithms
  const signature = await signDataInPool(privateKey, algorithm!.name, data)
  return equalBytes(publicKey.blob, keyBlob) && verifySignature(publicKey, data, signature)
}
