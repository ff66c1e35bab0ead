import type { SshCertificate } from './certificate.ts'
import type { PublicKey } from './public-key.ts'

/** Whether the login and the CA that a certificate came from are still the same. */
export type CertificateStanding =
  /** Both are unchanged, as far as is known. */
  | 'current'
  /** The CA signs with another key now: a new certificate is needed, and this one is served until it arrives. */
  | 'outdated'
  /** Somebody else is logged in: it is not served any more. */
  | 'foreign'

/** A certificate, and the difference between our clock and the CA's, on which its times are based. */
export interface IssuedCertificate {
  certificate: SshCertificate
  /** The CA's clock minus ours when it was issued, in ms; zero if it is not known. */
  clockSkewMs: number
  /** What is wrong with it, or not as it was asked for, in words; the certificate can be used all the same. */
  warnings: readonly string[]
  /** Called again and again, so it is cheap: it sends no request. */
  standing(): CertificateStanding
  /**
   * It is about to be listed: looks whether the CA is still the same, where the last look is old. A promise is worth the
   * wait: it is resolved when `standing` knows, a second later at most, and never rejects.
   */
  look(): Promise<void> | undefined
}

/** What a failure to issue means for the next request for the certificate. */
export type IssueFailure =
  /** The same may work a little later, without anyone doing anything about it. */
  | 'passing'
  /** It lasts until something is changed: a configuration, a role, a policy. */
  | 'lasting'
  /** Nobody is logged in. Trying again costs no call, and works as soon as somebody is. */
  | 'login'

/**
 * The port in which the agent and Vault meet: something that certifies public keys.
 * The agent knows nothing of Vault, and Vault nothing of the agent.
 */
export interface CertificateIssuer {
  /**
   * Has `publicKey` certified. The certificate has been checked: it certifies this key; it is a user certificate with at
   * least one principal, including all that were asked for; it is valid now by the CA's clock; and its critical options
   * are known.
   * @param isBackground nobody waits for it: a server that is away is not asked by everybody at once
   * @throws a CodedError whose message and hint say what to do
   */
  issue(publicKey: PublicKey, signal: AbortSignal, isBackground?: boolean): Promise<IssuedCertificate>
  /**
   * Called for each list: checks whether the login is still the same, if the last check is old. That is known on this
   * machine, and worth waiting a few ms for, until the promise resolves. It never rejects.
   */
  look(): Promise<void> | undefined
  /** Classifies an error with which `issue` has rejected. */
  failureOf(error: unknown): IssueFailure
}
