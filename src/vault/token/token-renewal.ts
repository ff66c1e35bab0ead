import type { Clock } from '../../core/clock.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { isVaultError, type VaultError } from '../vault-error.ts'
import { createBackgroundLoop, type PlannedStep } from './background-loop.ts'
import { planRenewal } from './renewal-plan.ts'
import type { SelfCalls } from './self-calls.ts'
import type { HeldToken, TokenHolder } from './token-holder.ts'
import type { TokenLease } from './token-lease.ts'

/** Keeps the token of one vault alive in the background. */
export interface TokenRenewal {
  start(): void
  stop(): void
  /** The token has changed. */
  replan(): void
  /** The token was used with success. */
  noteUse(held: HeldToken): void
}

/** What the renewal works with. */
export interface TokenRenewalDeps {
  /** The server's name in the configuration. */
  vault: string
  keeper: TokenHolder
  calls: SelfCalls
  /** Confirms that a token is dead and gets the next one. @throws when that needs a person */
  replaceDead: (held: HeldToken, rejection: VaultError) => Promise<HeldToken>
  /** A new login needs no person. */
  mayLogIn: boolean
  /** What a step in the background ended with: an error, or undefined. */
  onResult: (error: unknown) => void
  clock: Clock
  random: () => number
  log: Logger
}

/**
 * When a found token is looked up: a while after its first use, or without one. The look-up spends a use of a token that
 * has a few only, which nobody can know before: so the first uses go first.
 */
const lookUpAfterUseMs = 5_000
const lookUpAfterMs = 60_000

/** A renewal that is idle until it is started. */
export function createTokenRenewal(deps: TokenRenewalDeps): TokenRenewal {
  const { vault, keeper, calls, replaceDead, mayLogIn, onResult, clock, random, log } = deps
  /** When to look up a token whose lease is not known. One that may not look itself up is not asked again. */
  const lookUpAtMs = new WeakMap<HeldToken, number | 'never'>()

  let lastReason = ''

  const plan = (): PlannedStep | undefined => {
    const held = keeper.peek()
    if (held === undefined) return undefined
    if (held.lease === undefined) return planLookUp(held)
    const { lease } = held
    const step = planRenewal(lease, mayLogIn, clock.now())
    if (step === undefined) return undefined
    return { atMs: step.atMs, run: () => noting(() => (step.type === 'renew' ? renew(held, lease) : logIn())) }
  }

  const planLookUp = (held: HeldToken): PlannedStep | undefined => {
    const atMs = lookUpAtMs.get(held) ?? clock.now() + lookUpAfterMs
    if (atMs === 'never') return undefined
    lookUpAtMs.set(held, atMs)
    return { atMs, run: () => noting(() => lookUp(held)) }
  }

  const noting = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step()
      lastReason = ''
      onResult(undefined)
    } catch (error) {
      onResult(error)
      throw error
    }
  }

  const lookUp = async (held: HeldToken): Promise<void> => {
    // Its owner may have put another one there meanwhile, which then waits for its own turn.
    if ((await keeper.current()) !== held) return
    try {
      await keeper.update(held, await calls.lookUp(held))
    } catch (error) {
      if (isVaultError(error, 'VAULT_TOKEN_REJECTED')) await keeper.replace(held)
      else if (isVaultError(error, 'VAULT_DENIED')) lookUpAtMs.set(held, 'never')
      else throw error
    }
  }

  const renew = async (held: HeldToken, lease: TokenLease): Promise<void> => {
    if ((await keeper.current()) !== held) return
    try {
      const renewed = await calls.renew(held, lease)
      log.debug('renewed the vault token', { vault, forSeconds: renewed.leaseSeconds })
      await keeper.update(held, renewed)
    } catch (error) {
      if (isVaultError(error, 'VAULT_NOT_RENEWABLE', 'VAULT_DENIED')) {
        log.info('the vault token will not be renewed', { vault, reason: error.message })
        await keeper.update(held, { ...lease, isRenewable: false })
      } else if (isVaultError(error, 'VAULT_TOKEN_REJECTED')) await replaceDead(held, error)
      else throw error
    }
  }

  const logIn = async (): Promise<void> => {
    await keeper.relogin()
  }

  const loop = createBackgroundLoop({
    clock,
    random,
    plan,
    onError: (error) => {
      const reason = describeError(error)
      // An outage of a night is one line, not a hundred.
      if (reason !== lastReason) log.warn('the vault token could not be renewed; it is tried again', { vault, reason })
      lastReason = reason
    },
  })

  return {
    start: loop.start,
    stop: loop.stop,
    replan: loop.replan,
    noteUse(held) {
      const atMs = lookUpAtMs.get(held)
      if (held.lease === undefined && atMs !== 'never') {
        lookUpAtMs.set(held, Math.min(atMs ?? Number.POSITIVE_INFINITY, clock.now() + lookUpAfterUseMs))
      }
      loop.replan()
    },
  }
}
