import { type Clock, longestSleepMs } from '../../core/time/clock.ts'
import type { SshCertificate } from '../../ssh/certificate.ts'
import type { PublicKey } from '../../ssh/public-key.ts'
import type { ServedCertificate } from './served-certificate.ts'

/** What of an identity anybody may know. */
export interface PublicIdentity {
  publicKey: PublicKey
  /** Absent while there is none that can be used. */
  certificate?: SshCertificate
}

/**
 * Is told what is public of an identity, whenever that changes. It resolves when all can know it, and never rejects: an
 * identity is of use even where nobody can be told.
 */
export type PublishIdentity = (identity: PublicIdentity) => Promise<void>

/** What is public of one identity, kept up to date. */
export interface Publication {
  /** Publishes a key, with a certificate if it has one. A certificate is withdrawn when it ends. */
  show(publicKey: PublicKey, certificate?: ServedCertificate): Promise<void>
  /** Withdraws a certificate that can no longer be used. */
  look(): void
  /** Withdraws the certificate, if one is public. The key stays. */
  withdraw(): Promise<void>
  /** What is being published; undefined if nothing is. */
  pending(): Promise<void> | undefined
  /** Looks no more by itself whether the certificate has ended. */
  stop(): void
}

/** Nothing is public yet. */
export function createPublication(publish: PublishIdentity, clock: Clock): Publication {
  let shown: { publicKey: PublicKey; certificate: ServedCertificate | undefined } | undefined
  let underWay: Promise<void> | undefined
  let cancelLook = () => {}

  const show = (publicKey: PublicKey, certificate?: ServedCertificate): Promise<void> => {
    shown = { publicKey, certificate }
    lookLater(certificate)
    const mine = publish({ publicKey, ...(certificate && { certificate: certificate.certificate }) }).then(() => {
      if (underWay === mine) underWay = undefined
    })
    underWay = mine
    return mine
  }

  const lookLater = (certificate: ServedCertificate | undefined): void => {
    cancelLook()
    if (certificate === undefined) return
    const leftMs = certificate.validity().notAfterMs - clock.now()
    cancelLook = clock.after(Math.min(Math.max(leftMs, 0), longestSleepMs(clock)), look)
  }

  const look = (): void => {
    const certificate = shown?.certificate
    if (certificate === undefined) return
    if (certificate.isUsable()) lookLater(certificate)
    else void withdraw()
  }

  const withdraw = (): Promise<void> => (shown?.certificate === undefined ? Promise.resolve() : show(shown.publicKey))

  return { show, look, withdraw, pending: () => underWay, stop: () => cancelLook() }
}
