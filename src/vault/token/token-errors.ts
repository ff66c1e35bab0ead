import { isVaultError, VaultError } from '../vault-error.ts'
import type { HeldToken } from './token-holder.ts'

/** The same error, with the policies of the token, which often explain the denial. */
export function withPolicies(error: unknown, { lease }: HeldToken): unknown {
  if (!isVaultError(error, 'VAULT_DENIED') || lease === undefined) return error
  return new VaultError('VAULT_DENIED', error.message, {
    cause: error,
    status: error.status,
    hint: `${error.hint}; this token has: ${lease.policies.join(', ')}`,
  })
}

/** The outcome of a logout that did not reach the server. */
export function notRevoked(reason: unknown): unknown {
  if (!(reason instanceof VaultError)) return reason
  return new VaultError(reason.code, `the token is forgotten here, but not revoked: ${reason.message}`, {
    cause: reason,
    hint: 'it ends by itself when its time is over; the operator can revoke it earlier',
  })
}
