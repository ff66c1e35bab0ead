import type { Logger } from '../../core/log.ts'
import { foreignText } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatDuration } from '../../core/time/duration.ts'
import type { SshCertificate } from '../../ssh/certificate.ts'
import { checkExcess, checkUserCertificate } from '../../ssh/certificate-check.ts'
import type { CertificateIssuer, CertificateStanding } from '../../ssh/certificate-issuer.ts'
import { certificateCautions, certificateExcess } from '../../ssh/certificate-surprises.ts'
import type { PublicKey } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import { vaultPath } from '../address.ts'
import type { VaultAnswer } from '../answer.ts'
import { inBackground } from '../circuit.ts'
import type { VaultClient } from '../client.ts'
import type { Access } from '../inline-login.ts'
import type { VaultBody } from '../request-body.ts'
import type { TokenSource } from '../token/token-source.ts'
import { isVaultError } from '../vault-error.ts'
import { explainRefusedKey, keyTypeSetting } from './allowed-key-types.ts'
import type { CaWatch } from './ca-watch.ts'
import { issueFailure } from './issue-failure.ts'
import { decodeSigned, skewOf } from './signed-key.ts'

/** What a certificate is requested with. Whatever is absent is left to the role. */
export interface SigningOptions {
  mount: string
  role: string
  principals?: readonly string[] | undefined
  ttlSeconds?: number | undefined
  extensions?: Readonly<Record<string, string>> | undefined
  criticalOptions?: Readonly<Record<string, string>> | undefined
  /** A certificate with more than was asked for is refused. */
  strict?: boolean | undefined
  /** The fingerprints of the CAs that may have signed; absent: any. */
  cas?: readonly string[] | undefined
  /** The key is another agent's. */
  isOthersKey?: boolean | undefined
}

/** What an issuer works with. */
export interface VaultIssuerDeps {
  client: VaultClient
  tokens: Pick<TokenSource, 'withAccess' | 'isOfPresentLogin' | 'look'>
  /** Of the mount that signs. */
  ca: CaWatch
  signing: SigningOptions
  clock: Clock
  log: Logger
}

/** Roles backdate by 30 s (`not_before_duration`): by a clock that is off by more, certificates may not be valid yet. */
const maxSkewMs = 30_000
/** A server sends one or two; one that sends more is not Vault. */
const maxServerWarnings = 4
const notAsAsked = 'the certificate is not as asked for'

/** Has keys certified by one role of a Vault SSH secrets engine. */
export function createVaultIssuer({ client, tokens, ca, signing, clock, log }: VaultIssuerDeps): CertificateIssuer {
  const { mount, role } = signing
  const about = { vault: client.name, mount, role }
  /** What is asked for; less than what is configured once the server has said that this is too much. */
  let { ttlSeconds } = signing
  let isSkewLogged = false
  let logged: readonly string[] = []
  // None stands for the role's default user.
  const askedPrincipals = signing.principals?.length === 0 ? undefined : signing.principals

  /** The key that the mount names as its CA's, though another of its issuers signs for this role. */
  let otherCa: string | undefined

  const sign = (publicKey: PublicKey, by: VaultClient, signal: AbortSignal) =>
    tokens.withAccess(async (access) => {
      const { isOthersKey } = signing
      const purpose = { type: 'sign', mount, role, keyType: keyTypeSetting(publicKey), isOthersKey } as const
      try {
        const path = vaultPath(mount, 'sign', role)
        const body = signBody(publicKey.blob, { ...signing, principals: askedPrincipals, ttlSeconds })
        return { answer: await by.request({ method: 'POST', path, purpose, ...access, body, signal }), access }
      } catch (error) {
        if (!isVaultError(error, 'VAULT_KEY_NOT_ALLOWED')) throw error
        throw await explainRefusedKey(error, { client, access, purpose, signal })
      }
    })

  const standing = (access: Access, signedBy: string): CertificateStanding => {
    if (!tokens.isOfPresentLogin(access)) return 'foreign'
    const named = ca.key()
    return named === undefined || named === signedBy || named === otherCa ? 'current' : 'outdated'
  }

  const signWithinMaximum = async (publicKey: PublicKey, by: VaultClient, signal: AbortSignal) => {
    try {
      return await sign(publicKey, by, signal)
    } catch (error) {
      const maximum = isVaultError(error, 'VAULT_TTL_TOO_LONG') ? error.maxTtlSeconds : undefined
      if (maximum === undefined || ttlSeconds === undefined || maximum >= ttlSeconds) throw error
      log.warn('the role allows less than the configured ttl; its maximum is used', {
        ...about,
        ttl: formatDuration(ttlSeconds),
        maximum: formatDuration(maximum),
      })
      ttlSeconds = maximum
      return sign(publicKey, by, signal)
    }
  }

  const asked = () => ({ ...signing, principals: askedPrincipals, ttlSeconds })

  /** What is not as it should be; logged once while it stays so. */
  const report = (certificate: SshCertificate, answer: VaultAnswer, clockSkewMs: number): readonly string[] => {
    const nowMs = clock.now() + clockSkewMs
    const found = [
      ...answer.warnings.slice(0, maxServerWarnings).map((text) => ['vault warns', foreignText(text, [])] as const),
      ...certificateExcess(certificate, asked(), nowMs).map((text) => [notAsAsked, text] as const),
      ...certificateCautions(certificate, asked(), nowMs).map(
        (text) => ['the certificate needs a look', text] as const,
      ),
    ]
    const warnings = found.map(([what, text]) => `${what}: ${text}`)
    for (const [index, [what, text]] of found.entries()) {
      if (!logged.includes(warnings[index]!)) log.warn(what, { ...about, reason: text })
    }
    logged = warnings
    const isSkewed = Math.abs(clockSkewMs) > maxSkewMs
    if (isSkewed && !isSkewLogged) log.warn(describeSkew(clockSkewMs), about)
    isSkewLogged = isSkewed
    return isSkewed ? [...warnings, describeSkew(clockSkewMs)] : warnings
  }

  return {
    async issue(publicKey, signal, isBackground = false) {
      const by = isBackground ? inBackground(client) : client
      const { answer, access } = await signWithinMaximum(publicKey, by, signal)
      const certificate = decodeSigned(answer, client.name)
      const clockSkewMs = skewOf(answer, certificate, clock.now())
      const expected = { nowMs: clock.now() + clockSkewMs, rolePath: `${mount}/roles/${role}` }
      checkUserCertificate(certificate, { ...expected, publicKey, principals: askedPrincipals, cas: signing.cas })
      if (signing.strict === true) checkExcess(certificate, asked(), expected)
      const signedBy = Buffer.from(certificate.signatureKey.blob).toString('base64')
      otherCa = ca.key() === signedBy ? undefined : ca.key()
      return {
        certificate,
        clockSkewMs,
        warnings: report(certificate, answer, clockSkewMs),
        standing: () => standing(access, signedBy),
        look: ca.look,
      }
    },
    look: tokens.look,
    failureOf: issueFailure,
  }
}

/**
 * The body of a sign request. Only what is configured is in it: an empty `valid_principals` is refused instead of
 * standing for the role's default user, and any `extensions` replace all of the role's own.
 * @param keyBlob the plain public key
 */
function signBody(keyBlob: Uint8Array, signing: SigningOptions): VaultBody {
  const { principals, ttlSeconds, extensions, criticalOptions } = signing
  return {
    public_key: formatPublicKeyLine(keyBlob, ''),
    ...(principals === undefined ? {} : { valid_principals: principals.join(',') }),
    ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(criticalOptions === undefined ? {} : { critical_options: criticalOptions }),
  }
}

function describeSkew(clockSkewMs: number): string {
  const direction = clockSkewMs > 0 ? 'behind' : 'ahead of'
  return `the clock of this machine is ${formatDuration(Math.abs(clockSkewMs) / 1000)} ${direction} the server's: set it right, for example with: sudo timedatectl set-ntp true`
}
