import type { SshCertificate } from './certificate.ts'
import type { PublicKey } from './public-key.ts'

/**
 * The port in which the agent and Vault meet: whoever certifies a public key.
 * The agent knows nothing of Vault, and Vault nothing of the agent.
 */
export interface CertificateIssuer {
  /**
   * Has `publicKey` certified. The certificate that comes back has been checked: it certifies this key, it is a user
   * certificate with at least one principal, it is valid now and its critical options are known.
   * @throws a CodedError whose message and hint say what to do
   */
  issue(publicKey: PublicKey, signal: AbortSignal): Promise<SshCertificate>
}
