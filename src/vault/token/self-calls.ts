import type { Clock } from '../../core/time/clock.ts'
import type { VaultClient } from '../client.ts'
import { isVaultError } from '../vault-error.ts'
import type { HeldToken } from './token-holder.ts'
import { leaseFromLookup, leaseFromRenewal, type TokenLease } from './token-lease.ts'

/** The calls that a token makes about itself. */
export interface SelfCalls {
  /** @throws {VaultError} VAULT_TOKEN_INVALID, VAULT_TOKEN_REJECTED, VAULT_DENIED when it may not */
  lookUp(held: HeldToken): Promise<TokenLease>
  /** @param lease what was known until now. @throws {VaultError} as `lookUp`, and VAULT_NOT_RENEWABLE */
  renew(held: HeldToken, lease: TokenLease): Promise<TokenLease>
  /** Resolves as well where the server no longer accepts the token. */
  revoke(held: HeldToken): Promise<void>
}

/** The calls over one client. */
export function createSelfCalls(client: VaultClient, clock: Clock): SelfCalls {
  return {
    async lookUp({ token }) {
      const answer = await client.request({
        method: 'GET',
        path: 'auth/token/lookup-self',
        purpose: { type: 'token', operation: 'look up' },
        token,
      })
      return leaseFromLookup(answer, client.name, clock.now())
    },
    async renew({ token }, lease) {
      const answer = await client.request({
        method: 'POST',
        path: 'auth/token/renew-self',
        purpose: { type: 'token', operation: 'renew' },
        token,
        body: {},
      })
      return leaseFromRenewal(lease, answer, clock.now())
    },
    async revoke({ token }) {
      try {
        await client.request({
          method: 'POST',
          path: 'auth/token/revoke-self',
          purpose: { type: 'token', operation: 'revoke' },
          token,
          body: {},
        })
      } catch (error) {
        if (!isVaultError(error, 'VAULT_TOKEN_REJECTED', 'VAULT_TOKEN_INVALID')) throw error
      }
    },
  }
}
