import type { CertificateSource } from '../agent/identities/certificate-source.ts'
import type { VaultClient } from '../vault/client.ts'
import { isServerAway, isVaultError } from '../vault/vault-error.ts'

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
        // A rate limit is no outage: the circuit heeds it (src/vault/circuit.ts).
        if (isServerAway(error)) source.failed(error)
        else if (!isVaultError(error, 'VAULT_ABORTED', 'VAULT_CONFIG')) source.answered()
        throw error
      }
    },
  }
}
