import type { Clock } from '../../core/time/clock.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { ConnectionView, Identity } from '../keys/key-store.ts'
import type { ServedCertificate } from './served-certificate.ts'

/** The certificates of one identity: the present one, and for a while the one that it has replaced. */
export interface CertificateSuccession {
  /** The last one that was issued, even if it can no longer be used. */
  latest(): ServedCertificate | undefined
  /** The last one, if it can be used. */
  present(): ServedCertificate | undefined
  /** What a connection is shown of them: the same array until something changes. */
  listed(present: ServedCertificate, connection: ConnectionView): readonly Identity[]
  /** The one with exactly this blob, if it can be used. */
  withBlob(keyBlob: Uint8Array): ServedCertificate | undefined
  succeed(successor: ServedCertificate): void
  drop(): void
}

/** How long a listed certificate can still sign after its successor has arrived, in ms (docs/PROTOCOL.md P-2). */
const predecessorMs = 60_000

/** There is no certificate yet. */
export function createCertificateSuccession(clock: Clock): CertificateSuccession {
  let latest: ServedCertificate | undefined
  let former: { certificate: ServedCertificate; untilMs: number } | undefined
  let both: { of: readonly [ServedCertificate, ServedCertificate]; identities: readonly Identity[] } | undefined

  const present = () => (latest?.isUsable() === true ? latest : undefined)

  /** The one before, as long as a client may know no newer one, and login and CA are still those that it came from. */
  const predecessor = (): ServedCertificate | undefined => {
    if (former === undefined) return undefined
    const { certificate, untilMs } = former
    if (clock.uptime() < untilMs && certificate.isUsable() && certificate.standing() === 'current') return certificate
    former = undefined
    both = undefined
    return undefined
  }

  return {
    latest: () => latest,
    present,
    listed(certificate, { bindings }) {
      // Only ssh binds, and only ssh reads certificates from files, where it may have found the one before. Others would
      // spend a try on it.
      const before = bindings.length > 0 ? predecessor() : undefined
      if (before === undefined) return certificate.identities
      if (both?.of[0] !== certificate || both.of[1] !== before) {
        const last: Identity = { ...before.signer.identity, behind: 'everything' }
        both = { of: [certificate, before], identities: [...certificate.identities, last] }
      }
      return both.identities
    },
    withBlob(keyBlob) {
      const now = present()
      if (now !== undefined && equalBytes(keyBlob, now.certificate.blob)) return now
      const before = former === undefined ? undefined : predecessor()
      return before !== undefined && equalBytes(keyBlob, before.certificate.blob) ? before : undefined
    },
    succeed(successor) {
      const now = present()
      const isRenewal =
        now !== undefined && equalBytes(now.certificate.signatureKey.blob, successor.certificate.signatureKey.blob)
      former = isRenewal ? { certificate: now, untilMs: clock.uptime() + predecessorMs } : undefined
      both = undefined
      latest = successor
    },
    drop() {
      latest = undefined
      former = undefined
      both = undefined
    },
  }
}
