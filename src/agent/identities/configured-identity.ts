import type { Turns } from '../../core/calls/turns.ts'
import type { Logger } from '../../core/log.ts'
import type { PlannedStep } from '../../core/renewal/renewal-schedule.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { type RenewalState, renewalState } from '../../core/time/validity.ts'
import { certificateValidity, type SshCertificate } from '../../ssh/certificate.ts'
import type { CertificateIssuer } from '../../ssh/certificate-issuer.ts'
import { keyGeneratorNamed } from '../../ssh/keys/key-types.ts'
import { equalBytes } from '../../ssh/wire.ts'
import { AgentError } from '../agent-error.ts'
import type { HostPatterns } from '../destination/host-patterns.ts'
import type { Identity, KeyStore } from '../keys/key-store.ts'
import type { CertificateSource } from './certificate-source.ts'
import { createCertificateTries } from './certificate-tries.ts'
import { createOwnKey } from './own-key.ts'
import { createServedCertificate, type ServedCertificate } from './served-certificate.ts'

/** One configured identity: a key that is made here and never leaves this process, and its certificate from an issuer. */
export interface ConfiguredIdentity extends KeyStore {
  /**
   * Begins to renew ahead of time; `always` fetches at once. Calling it again, as after a login, forgets earlier failures: a
   * certificate that a list has asked for in vain is tried at once, and `always` fetches again.
   */
  start(): void
  /** Stops renewing ahead of time and gives up a call in flight. A certificate that is held is still served. */
  stop(): void
  /** Drops key and certificate, as after a logout. The next list, or `start`, gets new ones. */
  clear(): void
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
  forward: 'never' | 'confirm' | 'allow'
  /** What it may sign; absent: anything, but on connections from another machine logins only. */
  sign?: readonly string[] | undefined
  /** Which hosts it is for; absent: every host. */
  hosts?: HostPatterns | undefined
  /** Called when a private key was let go and is garbage now. */
  onKeysReleased?: () => void
}

const loginsOnly: readonly string[] = ['login']
/** How long a listed certificate can still sign after its successor has arrived, in ms (docs/PROTOCOL.md P-2). */
const predecessorMs = 60_000

/** Creates an identity without a key or a certificate; it gets them when it is listed or started. */
export function createConfiguredIdentity(options: ConfiguredIdentityOptions): ConfiguredIdentity {
  const { name, issuer, source, clock, log, renew, forward, sign, hosts } = options
  const keyType = keyGeneratorNamed(options.keyType).type.name
  let served: ServedCertificate | undefined
  let predecessor: { served: ServedCertificate; untilMs: number } | undefined
  let hasSigned = false
  /** False after `clear`, until somebody wants a certificate again. */
  let isInUse = true

  const noteSignature = (): void => {
    // Once for each certificate: signing is the path that must be fast.
    if (hasSigned) return
    hasSigned = true
    tries.replan()
  }

  // One key pair until `clear`: the fingerprint, and anything saved from `ssh-add -L`, stays valid across renewals.
  const ownKey = createOwnKey({ ...options, onSign: noteSignature })

  const issue = async (signal: AbortSignal): Promise<void> => {
    const made = ownKey.pair()
    const certifiedKey = made instanceof Promise ? await made : made
    signal.throwIfAborted()
    const issued = await issuer.issue(certifiedKey.publicKey, signal)
    signal.throwIfAborted()
    succeed(createServedCertificate(issued, certifiedKey, options))
  }

  const succeed = (successor: ServedCertificate): void => {
    const present = peek()
    if (present !== undefined) predecessor = { served: present, untilMs: clock.uptime() + predecessorMs }
    served = successor
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
    const present = peek()
    if (present === undefined) return isWanted || (renew === 'always' && isInUse) ? { atMs: clock.now() } : undefined
    const endMs = present.validity().notAfterMs
    if (isWanted) return { atMs: clock.now(), endMs }
    const isAhead = renew === 'always' || (renew === 'when-used' && hasSigned)
    return isAhead ? { atMs: endMs - present.windows.advisoryMs, endMs } : undefined
  }

  const tries = createCertificateTries({ ...options, issue, failureOf: issuer.failureOf, plan })

  const stateOf = (certificate: ServedCertificate): RenewalState =>
    renewalState(certificate.validity(), certificate.windows, clock.now())
  const isUsable = (certificate: ServedCertificate) =>
    stateOf(certificate) !== 'expired' && certificate.standing() !== 'foreign'
  const peek = () => (served !== undefined && isUsable(served) ? served : undefined)

  /** @throws why there is none */
  const identitiesNow = (): readonly Identity[] => {
    const present = peek()
    if (present !== undefined) return present.identities
    const reason = tries.lastError() ?? source.trouble()
    throw reason instanceof Error ? reason : noCertificate(name)
  }

  /** A server that is away says nothing in time, and in its last minute a certificate is renewed anyway. */
  const isWorthALook = (): boolean => {
    const present = peek()
    return present !== undefined && stateOf(present) !== 'mandatory' && !source.isAway()
  }

  const list = (): readonly Identity[] | Promise<readonly Identity[]> => {
    // Not within the wait for a certificate: a key that takes long says nothing about the server.
    const making = ownKey.wait()
    if (making === undefined) return listCertified()
    return making.then(() => (ownKey.held() === undefined ? identitiesNow() : listCertified()))
  }

  const listCertified = (): readonly Identity[] | Promise<readonly Identity[]> => {
    const looked = served?.look()
    return looked === undefined || !isWorthALook() ? listNow() : looked.then(listNow)
  }

  const listNow = (): readonly Identity[] | Promise<readonly Identity[]> => {
    const present = peek()
    const state = present === undefined ? 'expired' : present.standing() === 'current' ? stateOf(present) : 'mandatory'
    if (state === 'fresh') return present!.identities
    isInUse = true
    const attempt = tries.hurry()
    if (state === 'advisory' || attempt === undefined) return identitiesNow()
    return source.waitFor(attempt).then(identitiesNow)
  }

  return {
    isAdded: false,
    hostsOf: () => hosts,
    name: `identity ${name}`,
    // Nobody can be asked to confirm it yet.
    isShownTo: ({ isForwarded }) => !isForwarded || forward === 'allow',
    // Root on the other machine could otherwise sign files, commits and certificates in our name (docs/PROTOCOL.md P-10).
    uses: ({ isForwarded }) => sign ?? (isForwarded ? loginsOnly : undefined),
    identities() {
      const looked = issuer.look()
      return looked === undefined ? list() : looked.then(list)
    },
    signer(keyBlob) {
      const present = peek()
      if (present !== undefined && equalBytes(keyBlob, present.certificate.blob)) return present.signer
      // Nothing is authorised for the bare key, but clients name it when they mean the certificate.
      const held = ownKey.held()
      if (held !== undefined && equalBytes(keyBlob, held.publicKey.blob)) return held.signer
      if (predecessor === undefined || !equalBytes(keyBlob, predecessor.served.certificate.blob)) return undefined
      const isCurrent = clock.uptime() < predecessor.untilMs && isUsable(predecessor.served)
      return isCurrent ? predecessor.served.signer : undefined
    },
    start() {
      isInUse = true
      void ownKey.pair()
      tries.start(renew === 'always')
    },
    stop: tries.stop,
    clear() {
      isInUse = false
      served = undefined
      ownKey.drop()
      predecessor = undefined
      hasSigned = false
      tries.reset()
    },
    status() {
      const present = peek()
      const lastError = tries.lastError() ?? (present === undefined ? source.trouble() : undefined)
      const state = present === undefined ? 'expired' : stateOf(present)
      return {
        state: state === 'expired' ? 'none' : state,
        keyType,
        ...(present === undefined ? {} : { certificate: present.certificate }),
        ...(present === undefined || present.warnings.length === 0 ? {} : { warnings: present.warnings }),
        ...(lastError === undefined ? {} : { lastError }),
      }
    },
  }
}

const noCertificate = (name: string) =>
  new AgentError('CERTIFICATE_NONE', `no valid certificate for ${name} yet`, { hint: 'latchkey status' })
