import type { KeyObject } from 'node:crypto'
import type { SignatureAlgorithm } from '../../ssh/keys/key-type.ts'
import { keyTypeNamed } from '../../ssh/keys/key-types.ts'
import type { PublicKey } from '../../ssh/public-key.ts'
import { signData, signDataInPool } from '../../ssh/signature.ts'
import { AgentError } from '../agent-error.ts'
import type { Identity, Signer } from './key-store.ts'

/** RFC 9987 §5.6.1, and OpenSSH's SSH_AGENT_OLD_SIGNATURE, which no longer means anything. */
const flagNumbers = { oldSignature: 1, rsaSha256: 2, rsaSha512: 4 } as const
const knownFlags = flagNumbers.oldSignature | flagNumbers.rsaSha256 | flagNumbers.rsaSha512

/**
 * A signer with a private key in this process.
 * @param publicKey the plain key: a signature for a certificate names the plain algorithm too
 */
export function createKeySigner(identity: Identity, privateKey: KeyObject, publicKey: PublicKey): Signer {
  const { family, algorithms, privateKeys } = keyTypeNamed(publicKey.type)
  const usesPool = privateKeys?.isFast !== true
  const sign = usesPool ? signDataInPool : signData
  const [{ name }] = algorithms as [SignatureAlgorithm]
  const algorithmOf = family === 'rsa' ? rsaAlgorithm : () => name
  return { identity, usesPool, sign: (data, flags) => sign(privateKey, algorithmOf(flags), data) }
}

/** @throws {AgentError} SIGN_FLAGS_UNSUPPORTED: docs/PROTOCOL.md P-13 */
function rsaAlgorithm(flags: number): string {
  if ((flags & ~knownFlags) !== 0) {
    throw new AgentError('SIGN_FLAGS_UNSUPPORTED', `the signature flags ${flags} are not known`)
  }
  // Both at once mean SHA-256, as in OpenSSH.
  if ((flags & flagNumbers.rsaSha256) !== 0) return 'rsa-sha2-256'
  if ((flags & flagNumbers.rsaSha512) !== 0) return 'rsa-sha2-512'
  return 'ssh-rsa'
}
