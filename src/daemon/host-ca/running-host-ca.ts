import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import { createRenewalLoop } from '../../core/renewal/renewal-loop.ts'
import type { Clock } from '../../core/time/clock.ts'
import { isVaultError } from '../../vault/vault-error.ts'
import type { HostCaConfig } from '../config/config.ts'
import type { RunningVault } from '../running/running-vault.ts'
import type { KnownCa } from './last-known-file.ts'

/** One `[ssh.host_ca.NAME]`, whose keys are looked at again and again. */
export interface RunningHostCa {
  readonly config: HostCaConfig
  readonly vault: RunningVault
  /** The keys; undefined: its server has not answered yet. */
  known(): KnownCa | undefined
  /** Why they are not known, or not anew. */
  error(): unknown
  /** Asks the server, unless that was done just now. It never rejects. */
  look(): Promise<void>
  /** What comes back from now on counts no more. */
  stop(): void
}

/** What it needs. */
export interface RunningHostCaDeps {
  /** What was known before. */
  known: KnownCa | undefined
  /** The keys, or the list of issuers, have changed. */
  onChange: () => void
  clock: Clock
  random: () => number
  log: Logger
}

/** A CA changes once in years; those who wait for a new one should not wait for long. */
const betweenReadsMs = 600_000
/** Who asks by a command gets what is as old as this, in ms. */
const recentMs = 1_000

/** Asks the server at once, and waits for nothing. */
export function startHostCa(config: HostCaConfig, vault: RunningVault, deps: RunningHostCaDeps): RunningHostCa {
  const { onChange, clock, random, log } = deps
  const about = { host_ca: config.name, vault: config.vault, mount: config.mount }
  const outcome = createLastOutcome(clock)
  let { known } = deps
  let nextReadMs = clock.now()
  let triedMs = Number.NEGATIVE_INFINITY
  let isStopped = false

  const read = async (): Promise<void> => {
    triedMs = clock.uptime()
    const wanted = { named: config.issuers, known: known?.issuers ?? [] }
    const { keys, issuers, missing } = await vault.readCaKeys(config.mount, wanted)
    if (isStopped) return
    nextReadMs = clock.now() + betweenReadsMs
    const next = { keys: keys.map(({ blob }) => blob), issuers }
    if (!isSame(known, next)) {
      known = next
      log.info('a host CA is known', { ...about, keys: keys.length })
      onChange()
    }
    const [error] = missing
    if (error !== undefined) throw error
  }

  const noting = (): Promise<void> =>
    read().then(
      () => void outcome.succeeded(),
      (error: unknown) => {
        if (!isStopped && outcome.failed(error))
          log.warn('a host CA cannot be read', { ...about, code: errorCode(error), reason: describeError(error) })
        throw error
      },
    )

  const loop = createRenewalLoop({
    clock,
    random,
    isFleet: true,
    isLasting: (error) => isVaultError(error, 'VAULT_CA_MISSING', 'VAULT_CONFIG'),
    // If the clock was set back, the next look is not far away all the same.
    plan: () => ({ atMs: Math.min(nextReadMs, clock.now() + betweenReadsMs), run: noting }),
  })
  loop.start()
  loop.take(noting).catch(() => {})

  return {
    config,
    vault,
    known: () => known,
    error: outcome.error,
    async look() {
      if (clock.uptime() < triedMs + recentMs && !loop.isBusy()) return
      await loop.take(noting).catch(() => {})
    },
    stop() {
      isStopped = true
      loop.stop()
    },
  }
}

function isSame(former: KnownCa | undefined, next: KnownCa): boolean {
  const partsOf = ({ keys, issuers }: KnownCa) => [
    ...keys.map((key) => Buffer.from(key).toString('base64')),
    ...issuers,
  ]
  return former !== undefined && partsOf(former).join('\n') === partsOf(next).join('\n')
}
