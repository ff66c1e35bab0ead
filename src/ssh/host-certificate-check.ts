import { shellWord } from '../core/text/shell-word.ts'
import type { SshCertificate } from './certificate.ts'
import { checkSignature, checkSize, checkTime } from './certificate-check.ts'
import { fingerprint, type PublicKey } from './public-key.ts'
import { equalBytes, quoted, SshError } from './wire.ts'

/** What a host's certificate must be for. */
export interface ExpectedHostCertificate {
  publicKey: PublicKey
  /** The names that were asked for: these and no others. */
  principals: readonly string[]
  /** The key of the CA that clients trust. */
  ca: PublicKey
  /** Wall-clock time in ms since the epoch. */
  nowMs: number
  /** The role that it comes from, as commands name it: `ssh-host/roles/host`. */
  rolePath: string
}

const mixedUp = 'something between here and the CA mixes up answers: check the vault address with latchkey status'

/**
 * Checks a host's certificate that a CA has returned, before anybody installs it: it certifies this key, for exactly the
 * names that were asked for, by the CA that clients trust, and ssh takes it (sshkey_cert_check_host of OpenSSH).
 * @throws {SshError} CERTIFICATE_… with a hint that says what to change
 */
export function checkHostCertificate(certificate: SshCertificate, expected: ExpectedHostCertificate): void {
  checkSize(certificate, expected.rolePath)
  const { publicKey, certificateType, principals, criticalOptions, signatureKey } = certificate
  if (!equalBytes(publicKey.blob, expected.publicKey.blob)) {
    throw new SshError(
      'CERTIFICATE_OF_ANOTHER_KEY',
      `the certificate is for key ${fingerprint(publicKey.blob)}, not for ${fingerprint(expected.publicKey.blob)}`,
      { hint: mixedUp },
    )
  }
  if (certificateType !== 'host')
    throw new SshError('CERTIFICATE_FOR_A_USER', 'the certificate is for a user, not for a host', { hint: mixedUp })
  checkNames(principals, expected)
  checkTime(certificate, expected.nowMs)
  const [option] = criticalOptions.keys()
  if (option !== undefined) {
    throw new SshError(
      'CERTIFICATE_OPTION_UNKNOWN',
      `the certificate has the critical option ${quoted(option)}, so ssh refuses it for a host`,
      { hint: `take it out of default_critical_options: vault read ${shellWord(expected.rolePath)}` },
    )
  }
  checkSignature(certificate, expected.rolePath)
  if (equalBytes(signatureKey.blob, expected.ca.blob)) return
  throw new SshError(
    'CERTIFICATE_OF_ANOTHER_CA',
    `the certificate is signed by ${fingerprint(signatureKey.blob)}, not by the CA of its mount, ${fingerprint(expected.ca.blob)}`,
    { hint: mixedUp },
  )
}

function checkNames(given: readonly string[], { principals: asked, rolePath }: ExpectedHostCertificate): void {
  const hint = `compare the names with the role: vault read ${shellWord(rolePath)}`
  // OpenSSH 10.2 and before take one without names for every host.
  if (given.length === 0)
    throw new SshError('CERTIFICATE_WITHOUT_PRINCIPALS', 'the certificate names no host', { hint })
  const missing = asked.find((name) => !given.includes(name))
  const more = given.find((name) => !asked.includes(name))
  if (missing === undefined && more === undefined) return
  throw new SshError(
    'CERTIFICATE_FOR_OTHERS',
    missing === undefined
      ? `the certificate is also for ${quoted(more!)}, which was not asked for`
      : `the certificate is not for ${quoted(missing)}, which was asked for, but for ${quoted(given.join(', '))}`,
    { hint },
  )
}
