import { shellWord } from '../core/text/shell-word.ts'
import { formatUtc } from '../core/time/utc-time.ts'
import { certificateValidity, isSignatureValid, type SshCertificate } from './certificate.ts'
import { type AskedCertificate, certificateExcess } from './certificate-surprises.ts'
import { signatureAlgorithmNamed } from './keys/key-types.ts'
import { fingerprint, type PublicKey } from './public-key.ts'
import { readOr } from './read-or.ts'
import { equalBytes, quoted, SshError, SshReader } from './wire.ts'

/** The critical options that sshd knows; it refuses a certificate with any other (PROTOCOL.certkeys, "Critical options"). */
const knownCriticalOptions: readonly string[] = ['force-command', 'source-address', 'verify-required']

/** With more, OpenSSH treats the certificate as malformed (sshkey.c, SSHKEY_CERT_MAX_PRINCIPALS). */
const maxPrincipals = 255
/** Ordinary certificates have 1 to 3 kB. They are in every list of the agent, which has 256 KiB for all of them. */
const maxBlobBytes = 32 * 1024

/** How far a clock may be behind the CA's: sshd's clock decides, ours only warns. */
const defaultSkewMs = 5 * 60_000

/** What a certificate must be for. */
export interface ExpectedCertificate {
  publicKey: PublicKey
  /** The user names that were asked for, each of which must be in it; absent if the CA was left to choose. */
  principals?: readonly string[] | undefined
  /** Wall-clock time in ms since the epoch. */
  nowMs: number
  /** The role that it comes from, as commands name it: `ssh/roles/ops`. */
  rolePath: string
  /** How far `validAfter` may lie in the future, in ms; 5 minutes when absent. */
  skewMs?: number
  /** The fingerprints of the CAs that may have signed it; absent: any. */
  cas?: readonly string[] | undefined
}

/**
 * Checks a user certificate that a CA has returned before anything relies on it: it certifies our key, names the users
 * that were asked for, is valid now, has no critical option that sshd does not know, and has a signature that sshd accepts,
 * by a CA that may sign it.
 * @throws {SshError} CERTIFICATE_… with a hint that says what to change
 */
export function checkUserCertificate(certificate: SshCertificate, expected: ExpectedCertificate): void {
  checkSize(certificate, expected.rolePath)
  checkSubject(certificate, expected)
  checkPrincipals(certificate.principals, expected)
  checkTime(certificate, expected.nowMs, expected.skewMs)
  checkCriticalOptions(certificate)
  checkSignature(certificate, expected.rolePath)
  checkCa(certificate, expected.cas)
}

/**
 * Refuses a certificate with more than was asked for, where that is not to be believed.
 * @param nowMs by the CA's clock
 * @throws {SshError} CERTIFICATE_MORE_THAN_ASKED
 */
export function checkExcess(
  certificate: SshCertificate,
  asked: AskedCertificate,
  { nowMs, rolePath }: Pick<ExpectedCertificate, 'nowMs' | 'rolePath'>,
): void {
  const excess = certificateExcess(certificate, asked, nowMs)
  if (excess.length === 0) return
  throw new SshError(
    'CERTIFICATE_MORE_THAN_ASKED',
    `the certificate is more than was asked for, which strict refuses: ${excess.join('; ')}`,
    {
      hint: `compare the identity in config.toml with the role: vault read ${shellWord(rolePath)}; without strict it is used with a warning`,
    },
  )
}

/** Refuses what OpenSSH would not read. @throws {SshError} CERTIFICATE_TOO_LARGE */
export function checkSize({ blob, principals }: SshCertificate, rolePath: string): void {
  if (blob.length <= maxBlobBytes && principals.length <= maxPrincipals) return
  throw new SshError(
    'CERTIFICATE_TOO_LARGE',
    `the certificate has ${blob.length} bytes and ${principals.length} principals; the most are ${maxBlobBytes} and ${maxPrincipals}`,
    { hint: `let the role certify fewer users: vault read ${shellWord(rolePath)}` },
  )
}

function checkSubject({ publicKey, certificateType }: SshCertificate, expected: ExpectedCertificate): void {
  if (!equalBytes(publicKey.blob, expected.publicKey.blob)) {
    throw new SshError(
      'CERTIFICATE_OF_ANOTHER_KEY',
      `the certificate is for key ${fingerprint(publicKey.blob)}, not for ${fingerprint(expected.publicKey.blob)}`,
      { hint: 'something between here and the CA mixes up answers: check the vault address with latchkey status' },
    )
  }
  if (certificateType !== 'user') {
    throw new SshError('CERTIFICATE_FOR_A_HOST', 'the certificate is for a host, not for a user', {
      hint: `set a role with allow_user_certificates=true in config.toml, or: vault write ${shellWord(expected.rolePath)} allow_user_certificates=true`,
    })
  }
}

function checkPrincipals(
  principals: readonly string[],
  { principals: asked = [], rolePath }: ExpectedCertificate,
): void {
  // A server that honours it lets the holder log in as anyone (CVE-2024-7594); OpenSSH 10.3 and later, as no one.
  if (principals.length === 0 || principals.some((name) => name.trim() === '')) {
    throw new SshError('CERTIFICATE_WITHOUT_PRINCIPALS', 'the certificate names no user', {
      hint: `set principals of the identity in config.toml, or: vault write ${shellWord(rolePath)} default_user=USER`,
    })
  }
  const template = principals.find((principal) => principal.includes('{{'))
  if (template !== undefined) {
    throw new SshError(
      'CERTIFICATE_TEMPLATE_UNRENDERED',
      `the certificate is for ${quoted(template)}: the role's template was not filled in`,
      { hint: 'log in with a method that has an entity (a root token has none): latchkey login' },
    )
  }
  const missing = asked.find((name) => !principals.includes(name))
  if (missing !== undefined) {
    throw new SshError(
      'CERTIFICATE_FOR_OTHERS',
      `the certificate is not for ${quoted(missing)}, which was asked for, but for ${quoted(principals.join(', '))}`,
      { hint: `compare principals in config.toml with the role: vault read ${shellWord(rolePath)}` },
    )
  }
}

/** @throws {SshError} CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID */
export function checkTime(certificate: SshCertificate, nowMs: number, skewMs = defaultSkewMs): void {
  const { notBeforeMs, notAfterMs } = certificateValidity(certificate)
  const hint = 'compare this clock with the server’s: timedatectl'
  if (nowMs >= notAfterMs) {
    throw new SshError('CERTIFICATE_EXPIRED', `the certificate expired at ${formatUtc(notAfterMs)}`, { hint })
  }
  if (nowMs < notBeforeMs - skewMs) {
    throw new SshError('CERTIFICATE_NOT_YET_VALID', `the certificate is not valid before ${formatUtc(notBeforeMs)}`, {
      hint,
    })
  }
}

function checkCriticalOptions({ criticalOptions }: SshCertificate): void {
  const unknown = [...criticalOptions.keys()].find((name) => !knownCriticalOptions.includes(name))
  if (unknown === undefined) return
  throw new SshError(
    'CERTIFICATE_OPTION_UNKNOWN',
    `the certificate has the critical option ${quoted(unknown)}, so every sshd refuses it`,
    { hint: 'remove it from critical_options in config.toml and from default_critical_options in the role' },
  )
}

/** @throws {SshError} CERTIFICATE_SIGNATURE_INVALID */
export function checkSignature(certificate: SshCertificate, rolePath: string): void {
  if (isSignatureValid(certificate)) return
  if (isSha1(certificate.signature)) {
    throw new SshError(
      'CERTIFICATE_SIGNATURE_INVALID',
      'the CA signs with SHA-1 (ssh-rsa), which OpenSSH has refused since 8.2',
      {
        hint: `vault write ${shellWord(rolePath)} algorithm_signer=rsa-sha2-256`,
      },
    )
  }
  throw new SshError('CERTIFICATE_SIGNATURE_INVALID', 'the certificate was not signed by the CA key that it names', {
    hint: 'something between here and the CA changes answers: check the vault address with latchkey status',
  })
}

/** After the signature: until that is known to be good, anybody can name any CA. */
function checkCa({ signatureKey }: SshCertificate, cas: readonly string[] | undefined): void {
  const ca = fingerprint(signatureKey.blob)
  if (cas === undefined || cas.includes(ca)) return
  throw new SshError('CERTIFICATE_OF_ANOTHER_CA', `the certificate is signed by ${ca}, which ca does not name`, {
    hint: 'ask the operator of the CA for its fingerprint (ssh-keygen -lf CA.pub), and write that into ca of the identity in config.toml',
  })
}

function isSha1(signature: Uint8Array): boolean {
  return readOr(false, () => signatureAlgorithmNamed(new SshReader(signature).text())?.hash === 'sha1')
}
