import { backoffDelayMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { describeError, errorCode } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { createRenewable } from '../core/renewable.ts'
import { formatUtc } from '../core/utc-time.ts'
import { type RenewalState, renewalState } from '../core/validity.ts'
import { certificateValidity, type SshCertificate } from '../ssh/certificate.ts'
import type { CertificateIssuer } from '../ssh/certificate-issuer.ts'
import { equalBytes } from '../ssh/wire.ts'
import { AgentError } from './agent-error.ts'
import { createEphemeralKey, type EphemeralKey } from './ephemeral-key.ts'
import type { ConnectionView, Identity, KeyStore } from './key-store.ts'
import { createServedCertificate, type ServedCertificate } from './served-certificate.ts'

/** One configured identity: a key that is made here and never leaves, and the certificate that an issuer gives it. */
export interface ConfiguredIdentity extends KeyStore {
  /** Begins to renew ahead; `always` fetches at once. Calling it again, as after a login, fetches again. */
  start(): void
  /** Ends renewing ahead and gives up a call in flight. What is held is served on. */
  stop(): void
  /** Drops key and certificate, as after a logout. The next list, or `start`, makes new ones. */
  clear(): void
  status(): ConfiguredIdentityStatus
}

export interface ConfiguredIdentityStatus {
  /** `none`: there is no certificate, or it has expired. */
  state: 'fresh' | 'advisory' | 'mandatory' | 'none'
  keyType: string
  certificate?: SshCertificate
  /** What its issuer said about it; absent where that is nothing. */
  warnings?: readonly string[]
  /** What the last issue failed with; absent after a success. */
  lastError?: unknown
}

export interface ConfiguredIdentityOptions {
  /** The name in config.toml, unique there. */
  name: string
  /** Who certifies as what: `ops@corp`. */
  comment: string
  issuer: CertificateIssuer
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
  /** Renew ahead of time: ever, if the present certificate has signed, or only when somebody lists. */
  renew: 'always' | 'when-used' | 'on-demand'
  /** Shown and signed with on connections that may come from another machine. */
  forwarding: boolean
  /** How long a list waits for a certificate, in ms; 8 s when absent. */
  waitMs?: number
  /** Told that a private key was let go, and is garbage now. */
  onKeysReleased?: () => void
}

/** ssh shows no sign of life while it waits for a list. */
const defaultWaitMs = 8_000
/** How long a client that listed a certificate may still sign with it after its successor has come, in ms (docs/PROTOCOL.md P-2). */
const predecessorMs = 60_000
const retryFloorMs = 1_000
const retryBounds = { baseMs: 2_000, capMs: 60_000 }
const noIdentities: readonly Identity[] = []

export function createConfiguredIdentity(options: ConfiguredIdentityOptions): ConfiguredIdentity {
  const { name, issuer, clock, log, renew, forwarding, waitMs = defaultWaitMs, onKeysReleased = () => {} } = options
  // One key pair until `clear`: the fingerprint, and whatever was saved of `ssh-add -L`, stays good across renewals.
  let ephemeral: EphemeralKey | undefined
  let predecessor: { served: ServedCertificate; untilMs: number } | undefined
  let hasSigned = false
  let isStarted = false
  let cancelTimer = () => {}
  let calls = new AbortController()
  let loggedFailure: string | undefined

  const renewable = createRenewable<ServedCertificate>({
    clock,
    fetch: () => issue(),
    validity: (served) => served.validity(),
    windows: ({ windows }) => windows,
  })

  const issue = async (): Promise<ServedCertificate> => {
    const { signal } = calls
    ephemeral ??= createEphemeralKey(() => {
      hasSigned = true
    })
    const certifiedKey = ephemeral
    try {
      const issued = await issuer.issue(certifiedKey.publicKey, signal)
      signal.throwIfAborted()
      const served = createServedCertificate(issued, certifiedKey, options)
      succeed(served)
      return served
    } catch (error) {
      if (!signal.aborted) logFailure(error)
      throw error
    }
  }

  const succeed = (served: ServedCertificate): void => {
    const present = renewable.peek()
    if (present !== undefined) predecessor = { served: present, untilMs: clock.uptime() + predecessorMs }
    hasSigned = false
    loggedFailure = undefined
    const { keyId, serial, principals } = served.certificate
    log.info('ssh certificate issued', {
      identity: name,
      keyId,
      serial: String(serial),
      principals: principals.join(','),
      until: formatUtc(certificateValidity(served.certificate).notAfterMs),
    })
    renewAheadOf(served)
  }

  // The same failure every minute says nothing new.
  const logFailure = (error: unknown): void => {
    const failure = describeError(error)
    const write = failure === loggedFailure ? log.debug : log.warn
    write('no ssh certificate', { identity: name, code: errorCode(error), reason: failure })
    loggedFailure = failure
  }

  const renewAheadOf = ({ validity, windows }: ServedCertificate): void => {
    cancelTimer()
    if (!isStarted || renew === 'on-demand') return
    const dueMs = validity().notAfterMs - windows.advisoryMs - clock.now()
    // The floor: a CA whose certificates are as good as over would be called without end.
    cancelTimer = clock.after(Math.max(dueMs, retryFloorMs), () => {
      if (renew === 'always' || hasSigned) renewNow(0)
    })
  }

  const renewNow = (attempt: number): void => {
    const { signal } = calls
    renewable.renew().catch(() => {
      if (!isStarted || signal.aborted) return
      // `when-used` ends with its certificate: the next list issues again.
      if (renew !== 'always' && renewable.peek() === undefined) return
      const delayMs = retryFloorMs + backoffDelayMs(attempt, retryBounds, options.random)
      cancelTimer()
      cancelTimer = clock.after(delayMs, () => renewNow(attempt + 1))
    })
  }

  /** Waits for a certificate, but never longer than an ssh would put up with. */
  const waitForIdentities = async (): Promise<readonly Identity[]> => {
    let cancel = () => {}
    const timeout = new Promise<void>((resolve) => {
      cancel = clock.after(waitMs, resolve)
    })
    try {
      await Promise.race([renewable.current(), timeout])
      // Asked again: it must be valid now, and not have been dropped meanwhile.
      const served = renewable.peek()
      if (served === undefined) throw waitTimeout(name, waitMs)
      return served.identities
    } finally {
      cancel()
    }
  }

  const giveUpCalls = (): void => {
    cancelTimer()
    calls.abort()
    calls = new AbortController()
  }

  const isHidden = (connection: ConnectionView) => connection.isForwarded && !forwarding
  const stateOf = (served: ServedCertificate): RenewalState =>
    renewalState(served.validity(), served.windows, clock.now())

  return {
    identities(connection) {
      if (isHidden(connection)) return noIdentities
      const present = renewable.peek()
      return present !== undefined && stateOf(present) === 'fresh' ? present.identities : waitForIdentities()
    },
    signer(keyBlob, connection) {
      if (isHidden(connection)) return undefined
      const present = renewable.peek()
      if (present !== undefined && equalBytes(keyBlob, present.certificate.blob)) return present.signer
      // Nothing is authorised for the bare key, but clients name it when they mean the certificate.
      if (ephemeral !== undefined && equalBytes(keyBlob, ephemeral.publicKey.blob)) return ephemeral.bareSigner
      if (predecessor === undefined || !equalBytes(keyBlob, predecessor.served.certificate.blob)) return undefined
      const isCurrent = clock.uptime() < predecessor.untilMs && stateOf(predecessor.served) !== 'expired'
      return isCurrent ? predecessor.served.signer : undefined
    },
    start() {
      isStarted = true
      if (renew === 'always') renewNow(0)
    },
    stop() {
      isStarted = false
      giveUpCalls()
    },
    clear() {
      giveUpCalls()
      renewable.clear()
      if (ephemeral !== undefined) onKeysReleased()
      ephemeral = undefined
      predecessor = undefined
      hasSigned = false
      loggedFailure = undefined
    },
    status() {
      const present = renewable.peek()
      const lastError = renewable.lastError()
      const state = present === undefined ? 'expired' : stateOf(present)
      return {
        state: state === 'expired' ? 'none' : state,
        keyType: 'ssh-ed25519',
        ...(present === undefined ? {} : { certificate: present.certificate }),
        ...(present === undefined || present.warnings.length === 0 ? {} : { warnings: present.warnings }),
        ...(lastError === undefined ? {} : { lastError }),
      }
    },
  }
}

const waitTimeout = (name: string, waitMs: number) =>
  new AgentError('CERTIFICATE_WAIT_TIMEOUT', `no valid certificate for ${name} within ${waitMs / 1000} s`, {
    hint: 'latchkey status',
  })
