import type { Clock } from '../../core/clock.ts'
import type { VaultClient } from '../client.ts'
import { isVaultError } from '../vault-error.ts'
import type { HeldToken } from './held-token.ts'
import { lifeAfterRenewal, lifeFromLookup, type TokenLife } from './token-grant.ts'

/** The calls that a token makes about itself. */
export interface TokenCalls {
  /** @throws {VaultError} VAULT_TOKEN_REJECTED when it is dead, VAULT_DENIED when it may not */
  lookUp(held: HeldToken): Promise<TokenLife>
  /** @param life what was known until now. @throws {VaultError} VAULT_NOT_RENEWABLE, VAULT_TOKEN_REJECTED, VAULT_DENIED */
  renew(held: HeldToken, life: TokenLife): Promise<TokenLife>
  /** Resolves too when the token was dead already. */
  revoke(held: HeldToken): Promise<void>
}

/** The calls over one client. */
export function createTokenCalls(client: VaultClient, clock: Clock): TokenCalls {
  return {
    async lookUp({ token }) {
      const answer = await client.request({
        method: 'GET',
        path: 'auth/token/lookup-self',
        purpose: { type: 'token', operation: 'look up' },
        token,
      })
      return lifeFromLookup(answer, client.name, clock.now())
    },
    async renew({ token }, life) {
      const answer = await client.request({
        method: 'POST',
        path: 'auth/token/renew-self',
        purpose: { type: 'token', operation: 'renew' },
        token,
        body: {},
      })
      return lifeAfterRenewal(life, answer, clock.now())
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
        if (!isVaultError(error, 'VAULT_TOKEN_REJECTED')) throw error
      }
    },
  }
}
