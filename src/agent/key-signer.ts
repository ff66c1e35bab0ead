import type { KeyObject } from 'node:crypto'
import { keyTypeNamed } from '../ssh/key-types.ts'
import type { PublicKey } from '../ssh/public-key.ts'
import { signData, signDataInPool } from '../ssh/signature.ts'
import { AgentError } from './agent-error.ts'
import type { Identity, Signer } from './key-store.ts'

/** RFC 9987 §5.6.1, and OpenSSH's SSH_AGENT_OLD_SIGNATURE, which means nothing any more. */
const flagNumbers = { oldSignature: 1, rsaSha256: 2, rsaSha512: 4 } as const
const knownFlags = flagNumbers.oldSignature | flagNumbers.rsaSha256 | flagNumbers.rsaSha512

/** Signing with these takes less time than the way to another thread and back. */
const fastTypes: readonly string[] = ['ssh-ed25519', 'ecdsa-sha2-nistp256']

/**
 * A signer over a private key in this process.
 * @param publicKey the plain key: the signature of a certificate's key names the plain algorithm too
 */
export function createKeySigner(identity: Identity, privateKey: KeyObject, publicKey: PublicKey): Signer {
  const type = keyTypeNamed(publicKey.type)
  if (type.family === 'rsa') {
    return { identity, usesPool: true, sign: (data, flags) => signDataInPool(privateKey, rsaAlgorithm(flags), data) }
  }
  const algorithm = type.algorithms[0]!.name
  const usesPool = !fastTypes.includes(type.name)
  const sign = usesPool ? signDataInPool : signData
  return { identity, usesPool, sign: (data) => sign(privateKey, algorithm, data) }
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
