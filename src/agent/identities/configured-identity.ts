import type { Turns } from '../../core/calls/turns.ts'
import type { Logger } from '../../core/log.ts'
import type { PlannedStep } from '../../core/renewal/renewal-schedule.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { certificateValidity, type SshCertificate } from '../../ssh/certificate.ts'
import type { CertificateIssuer } from '../../ssh/certificate-issuer.ts'
import { equalBytes } from '../../ssh/wire.ts'
import type { HostPatterns } from '../destination/host-patterns.ts'
import type { ConfirmPolicy, KeyStore } from '../keys/key-store.ts'
import type { CertificateSource } from './certificate-source.ts'
import { createCertificateSuccession } from './certificate-succession.ts'
import { createCertificateTries } from './certificate-tries.ts'
import type { EphemeralKey } from './ephemeral-key.ts'
import { createIdentityListing, noCertificate } from './identity-listing.ts'
import { createOwnKey, type OwnKey } from './own-key.ts'
import { createPublication, type PublishIdentity } from './publication.ts'
import { awaitedIdentities, createServedCertificate, type ServedCertificate } from './served-certificate.ts'
import { throughAgents } from './through-agents.ts'
import { createUpstreamKey } from './upstream-key.ts'

/**
 * One configured identity: a key that is made here and never leaves this process, or one of another agent, and its certificate
 * from an issuer.
 */
export interface ConfiguredIdentity extends KeyStore {
  /**
   * Begins to renew ahead of time; `always` fetches at once. Calling it again, as after a login, forgets earlier failures: a
   * certificate that a list has asked for in vain is tried at once, and `always` fetches again.
   */
  start(): void
  /** Stops renewing ahead of time and gives up a call in flight. A certificate that is held is still served. */
  stop(): void
  /**
   * Drops key and certificate, as after a logout. The next list, or `start`, gets new ones.
   * Resolves when the certificate is no longer public.
   */
  clear(): Promise<void>
  /** Gets a new certificate now; the present one is served until it has come. @throws what `CertificateIssuer.issue` does */
  renew(): Promise<void>
  /** Resolves when its public key is public. For a key whose making takes seconds, it does not wait for that. */
  whenPublic(): Promise<void>
  status(): ConfiguredIdentityStatus
}

/** What can be shown of an identity without sending a request. */
export interface ConfiguredIdentityStatus {
  /** `none`: there is no certificate, or it has expired. */
  state: 'fresh' | 'advisory' | 'mandatory' | 'none'
  keyType: string
  certificate?: SshCertificate
  /** The issuer's warnings about it; absent if there are none. */
  warnings?: readonly string[]
  /** The error of the last try, or what it is waiting for; absent after a success. */
  lastError?: unknown
}

/** What an identity is, and what it needs. */
export interface ConfiguredIdentityOptions {
  /** The name in config.toml, unique there. */
  name: string
  /** The identity and the Vault that certifies it, for people to read: `ops@corp`. */
  comment: string
  /** Which key is made, as config.toml names it: `rsa-3072`. */
  keyType: string
  /** The fingerprint of a key of another agent, which is certified instead. */
  upstreamKey?: string | undefined
  /** The turns for making keys that take long, shared by all identities. */
  slowKeys: Turns
  issuer: CertificateIssuer
  /** The server behind the issuer; identities of one server share it. */
  source: CertificateSource
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
  /** When to renew ahead of time: always, if the current certificate has signed, or only when somebody lists. */
  renew: 'always' | 'when-used' | 'on-demand'
  /** Whether it is shown, and signs, on connections that may come from another machine. */
  forward: 'never' | 'allow'
  /** When a person has to confirm each use. */
  confirm: ConfirmPolicy
  /** What it may sign; absent: anything, but on connections from another machine logins only. */
  sign?: readonly string[] | undefined
  /** Which hosts it is for; absent: every host. */
  hosts?: HostPatterns | undefined
  /** Whether its bare key is listed too, behind all certificates. */
  listKey: boolean
  /** A certificate is listed when this has resolved. */
  publish: PublishIdentity
  /** Called when a private key was let go and is garbage now. */
  onKeysReleased?: () => void
}

const loginsOnly: readonly string[] = ['login']

/** Creates an identity without a key or a certificate; it gets them when it is listed or started. */
export function createConfiguredIdentity(options: ConfiguredIdentityOptions): ConfiguredIdentity {
  const { name, issuer, source, clock, log, renew, forward, confirm, sign, hosts } = options
  const certificates = createCertificateSuccession(clock)
  const publication = createPublication(options.publish, clock)
  const awaited = awaitedIdentities(options)
  let hasSigned = false
  /** False after `clear`, until somebody wants a certificate again. */
  let isInUse = true

  const noteSignature = (): void => {
    // Once for each certificate: signing is the path that must be fast.
    if (hasSigned) return
    hasSigned = true
    tries.replan()
  }

  const onMade = ({ publicKey }: EphemeralKey) => void publication.show(publicKey)

  const upstreamKey =
    options.upstreamKey === undefined
      ? undefined
      : createUpstreamKey({
          name: `identity ${name}`,
          fingerprint: options.upstreamKey,
          onSign: noteSignature,
          onSeen: onMade,
        })

  // One key pair until `clear`: the fingerprint, and anything saved from `ssh-add -L`, stays valid across renewals.
  const ownKey: OwnKey = upstreamKey ?? createOwnKey({ ...options, onSign: noteSignature, onMade })

  const issue = async (signal: AbortSignal, isBackground: boolean): Promise<void> => {
    const made = ownKey.pair()
    const certifiedKey = made instanceof Promise ? await made : made
    signal.throwIfAborted()
    const { publicKey } = certifiedKey
    const issued = await issuer.issue(publicKey, signal, isBackground)
    signal.throwIfAborted()
    const successor = createServedCertificate(issued, certifiedKey, options)
    await publication.show(publicKey, successor)
    // Only a logout in the meantime has withdrawn it: what is public is served, even if the try was given up.
    if (ownKey.held() !== certifiedKey) throw noCertificate(name)
    succeed(successor)
  }

  const succeed = (successor: ServedCertificate): void => {
    certificates.succeed(successor)
    hasSigned = false
    const { keyId, serial, principals } = successor.certificate
    log.info('ssh certificate issued', {
      identity: name,
      keyId,
      serial: String(serial),
      principals: principals.join(','),
      until: formatUtc(certificateValidity(successor.certificate).notAfterMs),
    })
  }

  const plan = (isWanted: boolean): PlannedStep | undefined => {
    const present = certificates.present()
    if (!ownKey.isObtainable()) return undefined
    if (present === undefined) return isWanted || (renew === 'always' && isInUse) ? { atMs: clock.now() } : undefined
    const endMs = present.validity().notAfterMs
    if (isWanted) return { atMs: clock.now(), endMs }
    const isAhead = renew === 'always' || (renew === 'when-used' && hasSigned)
    return isAhead ? { atMs: endMs - present.windows.advisoryMs, endMs } : undefined
  }

  const tries = createCertificateTries({ ...options, issue, failureOf: issuer.failureOf, plan })

  const hurry = () => {
    isInUse = true
    return tries.hurry()
  }

  const identity: ConfiguredIdentity = {
    isAdded: false,
    isFor: (destination) => hosts?.fit(destination) !== 'misfit',
    hostsOf: () => hosts,
    confirmOf: () => confirm,
    objection: () => undefined,
    name: `identity ${name}`,
    isShownTo: ({ isForwarded }) => !isForwarded || forward === 'allow',
    // Root on the other machine could otherwise sign files, commits and certificates in our name (docs/PROTOCOL.md P-10).
    uses: ({ isForwarded }) => sign ?? (isForwarded ? loginsOnly : undefined),
    identities: createIdentityListing({ name, ownKey, certificates, publication, issuer, source, tries, hurry }),
    expected(connection) {
      const present = certificates.present()
      return present === undefined ? awaited : certificates.listed(present, connection)
    },
    signer(keyBlob) {
      const certified = certificates.withBlob(keyBlob)
      if (certified !== undefined) return certified.signer
      // Nothing is authorised for the bare key, but clients name it when they mean the certificate. That of another agent may
      // be authorised somewhere: it is that agent's.
      const held = upstreamKey === undefined ? ownKey.held() : undefined
      return held !== undefined && equalBytes(keyBlob, held.publicKey.blob) ? held.signer : undefined
    },
    start() {
      isInUse = true
      ownKey.prepare()
      publication.look()
      tries.start(renew === 'always' && ownKey.isObtainable())
    },
    stop() {
      tries.stop()
      publication.stop()
    },
    clear() {
      isInUse = false
      certificates.drop()
      ownKey.drop()
      hasSigned = false
      tries.reset()
      return publication.withdraw()
    },
    renew() {
      isInUse = true
      return tries.renew()
    },
    async whenPublic() {
      if (!ownKey.isSlow) await ownKey.wait()
      await publication.pending()
    },
    status() {
      const present = certificates.present()
      const lastError = ownKey.trouble() ?? tries.lastError() ?? (present === undefined ? source.trouble() : undefined)
      const state = present?.state() ?? 'expired'
      return {
        state: state === 'expired' ? 'none' : state,
        keyType: ownKey.type(),
        ...(present === undefined ? {} : { certificate: present.certificate }),
        ...(present === undefined || present.warnings.length === 0 ? {} : { warnings: present.warnings }),
        ...(lastError === undefined ? {} : { lastError }),
      }
    },
  }
  if (upstreamKey === undefined) return identity
  return { ...identity, through: (agents, connection) => throughAgents(identity, upstreamKey, agents, connection) }
}
