import type { CertificateSource } from '../agent/identities/certificate-source.ts'
import type { VaultClient } from '../vault/client.ts'
import { isVaultError } from '../vault/vault-error.ts'

/** A client whose calls report whether the server is there, whether they are for a certificate, a token or a login. */
export function watchVault(client: VaultClient, source: Pick<CertificateSource, 'answered' | 'failed'>): VaultClient {
  return {
    ...client,
    async request(request) {
      try {
        const answer = await client.request(request)
        source.answered()
        return answer
      } catch (error) {
        if (isAway(error)) source.failed(error)
        else if (!isVaultError(error, 'VAULT_ABORTED', 'VAULT_CONFIG')) source.answered()
        throw error
      }
    },
  }
}

/**
 * The server itself did not answer, and would not have answered any other request either. A rate limit does not count:
 * quotas apply to one path or role.
 */
const isAway = (error: unknown): boolean =>
  isVaultError(
    error,
    'VAULT_UNREACHABLE',
    'VAULT_TLS',
    'VAULT_BAD_RESPONSE',
    'VAULT_REDIRECTED',
    'VAULT_SEALED',
    'VAULT_UNAVAILABLE',
  )
