import type { SshCertificate } from './certificate.ts'
import type { PublicKey } from './public-key.ts'

/** How a certificate stands to the login and the CA that it came from. */
export type CertificateStanding =
  /** Both are as they were, as far as is known. */
  | 'current'
  /** The CA signs with another key now: the next one is better, and this one is served until it is there. */
  | 'outdated'
  /** Somebody else is logged in: it is not served any more. */
  | 'foreign'

/** A certificate, and how far our clock is from the one that its times are by. */
export interface IssuedCertificate {
  certificate: SshCertificate
  /** The CA's clock minus ours when it was issued, in ms; zero where it is not known. */
  clockSkewMs: number
  /** What is not as it should be, or not as it was asked for, in words; the certificate can be used all the same. */
  warnings: readonly string[]
  /** Asked again and again, so that it is cheap: it calls nobody. */
  standing(): CertificateStanding
}

/** What a failed issue means for whoever wants the certificate next. */
export type IssueFailure =
  /** The same may work a little later, without anyone doing anything about it. */
  | 'passing'
  /** It goes on until something is changed: a configuration, a role, a policy. */
  | 'lasting'
  /** Nobody is logged in. Asking again costs no call, and works as soon as somebody is. */
  | 'login'

/**
 * The port in which the agent and Vault meet: whoever certifies a public key.
 * The agent knows nothing of Vault, and Vault nothing of the agent.
 */
export interface CertificateIssuer {
  /**
   * Has `publicKey` certified. The certificate that comes back has been checked: it certifies this key, it is a user
   * certificate with at least one principal and all that were asked for, it is valid now by the CA's clock and its critical options are known.
   * @throws a CodedError whose message and hint say what to do
   */
  issue(publicKey: PublicKey, signal: AbortSignal): Promise<IssuedCertificate>
  /**
   * A list has come: looks whether login and CA are still the same, where the last look is old. A server is looked at behind;
   * what this machine knows is worth a wait of some ms, until the promise is resolved. It never rejects.
   */
  look(): Promise<void> | undefined
  /** What an error that `issue` has rejected with means. */
  failureOf(error: unknown): IssueFailure
}
