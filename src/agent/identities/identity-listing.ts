import type { CertificateIssuer } from '../../ssh/certificate-issuer.ts'
import { AgentError } from '../agent-error.ts'
import type { ConnectionView, Identity, MaybePromise } from '../keys/key-store.ts'
import type { CertificateSource } from './certificate-source.ts'
import type { CertificateSuccession } from './certificate-succession.ts'
import type { CertificateTries } from './certificate-tries.ts'
import type { OwnKey } from './own-key.ts'
import type { Publication } from './publication.ts'

/** The parts of an identity that its lists depend on. */
export interface IdentityListingDeps {
  name: string
  ownKey: OwnKey
  certificates: CertificateSuccession
  publication: Publication
  issuer: Pick<CertificateIssuer, 'look'>
  source: CertificateSource
  tries: Pick<CertificateTries, 'lastError'>
  /** Somebody needs a certificate: see `CertificateTries`. */
  hurry: CertificateTries['hurry']
}

/** Lists what one connection is shown of an identity. @throws why there is nothing */
export type IdentityListing = (connection: ConnectionView) => MaybePromise<readonly Identity[]>

/** Creates the lists of one identity, which wait for a certificate where there is none, or it is about to expire. */
export function createIdentityListing(deps: IdentityListingDeps): IdentityListing {
  const { name, ownKey, certificates, publication, issuer, source, tries, hurry } = deps

  const listPresent = (connection: ConnectionView): readonly Identity[] => {
    const present = certificates.present()
    if (present !== undefined) return certificates.listed(present, connection)
    const reason = tries.lastError() ?? source.trouble()
    throw reason instanceof Error ? reason : noCertificate(name)
  }

  /** A server that is away says nothing in time, and in its last minute a certificate is renewed anyway. */
  const isWorthALook = (): boolean => {
    const present = certificates.present()
    return present !== undefined && present.state() !== 'mandatory' && !source.isAway()
  }

  const listNow = (connection: ConnectionView): MaybePromise<readonly Identity[]> => {
    // Nearly always, and so without looking at anything twice.
    const latest = certificates.latest()
    if (latest?.state() === 'fresh' && latest.standing() === 'current') return certificates.listed(latest, connection)
    const present = certificates.present()
    const state = present === undefined ? 'expired' : present.standing() === 'current' ? present.state() : 'mandatory'
    publication.look()
    const attempt = hurry()
    if (state === 'advisory' || attempt === undefined) return listPresent(connection)
    return source.waitFor(attempt).then(() => listPresent(connection))
  }

  const listCertified = (connection: ConnectionView): MaybePromise<readonly Identity[]> => {
    // A client that has read the new certificate from its file must find it in the list.
    const pending = publication.pending()
    if (pending !== undefined) return pending.then(() => listCertified(connection))
    const looked = certificates.latest()?.look()
    return looked === undefined || !isWorthALook() ? listNow(connection) : looked.then(() => listNow(connection))
  }

  const listOwn = (connection: ConnectionView): MaybePromise<readonly Identity[]> => {
    // Not within the wait for a certificate: a key that takes long says nothing about the server.
    const made = ownKey.wait()
    if (made === undefined) return listCertified(connection)
    return made.then(() => (ownKey.held() === undefined ? listPresent(connection) : listCertified(connection)))
  }

  return (connection) => {
    const looked = issuer.look()
    return looked === undefined ? listOwn(connection) : looked.then(() => listOwn(connection))
  }
}

/** The error where there is no certificate, and nothing is known to be wrong. */
export const noCertificate = (name: string) =>
  new AgentError('CERTIFICATE_NONE', `no valid certificate for ${name} yet`, { hint: 'latchkey status' })
