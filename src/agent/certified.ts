import { generateKeyPairSync } from 'node:crypto'
import { formatUtc } from '../core/utc-time.ts'
import type { RenewalWindows, Validity } from '../core/validity.ts'
import { certificateValidity, type SshCertificate } from '../ssh/certificate.ts'
import { type PublicKey, publicKeyFromKeyObject } from '../ssh/public-key.ts'
import { createKeySigner } from './key-signer.ts'
import type { Identity, Signer } from './key-store.ts'

/** A key pair of this process. The private half is in `sign` alone and is never exported. */
export interface KeyPair {
  publicKey: PublicKey
  sign: Signer['sign']
  /** Signs for clients that name the plain key. */
  bareSigner: Signer
}

/** A key pair with one certificate of it, ready to be listed and signed with. */
export interface Certified {
  certificate: SshCertificate
  validity: Validity
  windows: RenewalWindows
  signer: Signer
  identities: readonly Identity[]
}

const longestMandatoryMs = 60_000

/** @param onSign called before each signature */
export function createKeyPair(onSign: () => void): KeyPair {
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = publicKeyFromKeyObject(privateKey)
  const signer = createKeySigner({ keyBlob: publicKey.blob, comment: '' }, privateKey, publicKey)
  const sign: Signer['sign'] = (data, flags) => {
    onSign()
    return signer.sign(data, flags)
  }
  return { publicKey, sign, bareSigner: { identity: signer.identity, sign } }
}

export interface CertifiedOptions {
  name: string
  comment: string
  random: () => number
}

/** Puts a certificate to its key. @param options.random decides once per certificate when its renewal is due */
export function createCertified(certificate: SshCertificate, { sign }: KeyPair, options: CertifiedOptions): Certified {
  const validity = certificateValidity(certificate)
  const identity = { keyBlob: certificate.blob, comment: certificateComment(options, validity) }
  return {
    certificate,
    validity,
    windows: renewalWindows(validity, options.random),
    signer: { identity, sign },
    identities: [identity],
  }
}

/** Renewal is due somewhere in the last 20 to 40 % of the lifetime, so that a fleet does not call at once. */
function renewalWindows({ notBeforeMs, notAfterMs }: Validity, random: () => number): RenewalWindows {
  const lifetimeMs = notAfterMs - notBeforeMs
  return {
    advisoryMs: lifetimeMs * (0.2 + 0.2 * random()),
    mandatoryMs: Math.min(longestMandatoryMs, lifetimeMs * 0.1),
  }
}

/** Unique by the name, readable in `ssh-add -l`, and harmless to the terminal that shows it. */
function certificateComment({ name, comment }: CertifiedOptions, validity: Validity): string {
  return `${name}: ${comment} until ${formatUtc(validity.notAfterMs)}`.replaceAll(/\p{Cc}+/gu, ' ')
}
