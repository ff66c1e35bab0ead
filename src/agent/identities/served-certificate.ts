import { displayLine } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { type RenewalState, type RenewalWindows, renewalState, type Validity } from '../../core/time/validity.ts'
import { certificateValidity, type SshCertificate } from '../../ssh/certificate.ts'
import type { CertificateStanding, IssuedCertificate } from '../../ssh/certificate-issuer.ts'
import type { Identity, Signer } from '../keys/key-store.ts'
import type { EphemeralKey } from './ephemeral-key.ts'

/** A key pair with a certificate for it, ready to be listed and signed with. */
export interface ServedCertificate {
  certificate: SshCertificate
  /** The issuer's warnings about it. */
  warnings: readonly string[]
  /** When it may be used, by our clock as it stands now. */
  validity(): Validity
  /** How soon it must be renewed. */
  state(): RenewalState
  /** False once it has expired, or somebody else is logged in. */
  isUsable(): boolean
  windows: RenewalWindows
  /** Whether login and CA are still the same, according to its issuer. */
  standing(): CertificateStanding
  /** Looks whether that has changed, by its issuer. */
  look(): Promise<void> | undefined
  signer: Signer
  /** What lists show of it: the certificate, and its bare key where that is listed. */
  identities: readonly Identity[]
}

const longestMandatoryMs = 60_000
const compareEveryMs = 1_000

/** What is needed besides the certificate and its key. */
export interface ServedCertificateOptions {
  name: string
  comment: string
  /** Whether the bare key is listed too: for clients that look for it, though nothing is authorised for it. */
  listKey: boolean
  clock: Clock
  random: () => number
}

/** Joins a certificate with its key. @param options.random decides once per certificate when its renewal is due */
export function createServedCertificate(
  issued: IssuedCertificate,
  { signer, publicKey }: EphemeralKey,
  options: ServedCertificateOptions,
): ServedCertificate {
  const { certificate, warnings } = issued
  const { clock, random } = options
  const stated = certificateValidity(certificate)
  const identity = { keyBlob: certificate.blob, comment: certificateComment(options, stated) }
  const bareKey: Identity = { keyBlob: publicKey.blob, comment: keyComment(options), behind: 'certificates' }
  const validity = validityByOurClock(stated, issued.clockSkewMs, clock)
  const windows = renewalWindows(validity().notAfterMs - clock.now(), random)
  const state = () => {
    const nowMs = clock.now()
    return renewalState(validity(nowMs), windows, nowMs)
  }
  return {
    certificate,
    warnings,
    validity,
    state,
    isUsable: () => state() !== 'expired' && issued.standing() !== 'foreign',
    standing: issued.standing,
    look: issued.look,
    windows,
    signer: { ...signer, identity },
    identities: options.listKey ? [identity, bareKey] : [identity],
  }
}

/**
 * A certificate expires by the CA's clock, which sshd shares. Our clock may be wrong, and it may be corrected or set wrong
 * later, which uptime does not notice; uptime in turn stands still while a virtual machine is paused. The certificate ends
 * when either of the two says so.
 */
function validityByOurClock(
  { notBeforeMs, notAfterMs }: Validity,
  skewMs: number,
  clock: Clock,
): (nowMs?: number) => Validity {
  const endMs = notAfterMs - skewMs
  const endUptimeMs = clock.uptime() + endMs - clock.now()
  let validity = { notBeforeMs: notBeforeMs - skewMs, notAfterMs: endMs }
  let comparedMs = clock.now()
  return (nowMs = clock.now()) => {
    // Compared once a second, and whenever the clock was set back: reading the uptime costs as much as a whole list.
    if (nowMs < comparedMs || nowMs >= comparedMs + compareEveryMs) {
      comparedMs = nowMs
      validity = { ...validity, notAfterMs: Math.min(endMs, nowMs + endUptimeMs - clock.uptime()) }
    }
    return validity
  }
}

/**
 * Renewal begins at a random point, when 40 to 20 % of the time that is left now remain, so that a fleet does not call all
 * at once. Not of the whole lifetime: a role may date certificates back by more than they last (`not_before_duration`), and
 * each would be due for renewal as soon as it is issued.
 */
function renewalWindows(leftMs: number, random: () => number): RenewalWindows {
  return {
    advisoryMs: leftMs * (0.2 + 0.2 * random()),
    mandatoryMs: Math.min(longestMandatoryMs, leftMs * 0.1),
  }
}

/** What stands for an identity in a list that is only thought of, while there is no certificate. */
export function awaitedIdentities(
  options: Pick<ServedCertificateOptions, 'name' | 'comment' | 'listKey'>,
): readonly Identity[] {
  const awaited: Identity = { keyBlob: new Uint8Array(), comment: keyComment(options) }
  return options.listKey ? [awaited, { ...awaited, behind: 'certificates' }] : [awaited]
}

/** The comment: unique by the name, readable in `ssh-add -l`, and harmless to the terminal that shows it. */
function certificateComment({ name, comment }: ServedCertificateOptions, validity: Validity): string {
  return displayLine(`${name}: ${comment} until ${formatUtc(validity.notAfterMs)}`)
}

const keyComment = ({ name, comment }: Pick<ServedCertificateOptions, 'name' | 'comment'>) =>
  displayLine(`${name}: ${comment}`)
