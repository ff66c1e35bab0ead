import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { LastOutcome } from '../../core/renewal/last-outcome.ts'
import { createRenewalLoop, type RenewalStep } from '../../core/renewal/renewal-loop.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { isVaultError } from '../vault-error.ts'
import { planRenewal } from './renewal-plan.ts'
import type { SelfCalls } from './self-calls.ts'
import type { HeldToken, TokenHolder } from './token-holder.ts'
import { expiresAtMs, type TokenLease } from './token-lease.ts'
import { isTokenRefused, lookUpHeld, type ReplaceToken } from './token-replacement.ts'

/** Keeps the token of one vault good in the background: looks it up, renews it, logs in ahead of its end, tries it again. */
export interface TokenRenewal {
  start(): void
  stop(): void
  /** The token has been replaced, or what is known about it has changed. */
  replan(): void
  /** The token was used with success. */
  noteUse(held: HeldToken): void
  /** Why a token ends though it could have been renewed, where only a person gets the next one. */
  endReason(held: HeldToken): string | undefined
}

/** What the renewal works with. */
export interface TokenRenewalDeps {
  /** The server's name in the configuration. */
  vault: string
  holder: TokenHolder
  calls: SelfCalls
  replaceRefused: ReplaceToken
  /** A new login needs no person. */
  mayLogIn: boolean
  /** How the token's last use, login and step in the background ended; shared with those who use it. */
  outcome: LastOutcome
  clock: Clock
  random: () => number
  log: Logger
}

/**
 * When a found token is looked up, in ms: after its first use, or without one. A look-up spends a use of a token that has
 * only a few, which cannot be known beforehand: so the first real uses come first.
 */
const lookUpAfterUseMs = 5_000
const lookUpAfterMs = 60_000

/** Does nothing until it is started. */
export function createTokenRenewal(deps: TokenRenewalDeps): TokenRenewal {
  const { vault, holder, calls, replaceRefused, mayLogIn, outcome, clock, random, log } = deps
  /** When to look up a token whose lease is not known. One that may not look itself up is not asked again. */
  const lookUpAtMs = new WeakMap<HeldToken, number | 'never'>()
  const endReasons = new WeakMap<Secret<string>, string>()

  const plan = (): RenewalStep | undefined => {
    const held = holder.peek()
    if (held === undefined) return planLogin()
    const step = holder.isSuspect(held) ? planTry(held) : held.lease === undefined ? planLookUp(held) : planAhead(held)
    return step === undefined ? undefined : { ...step, run: () => noting(step.run) }
  }

  /** A login that needs nobody and has failed is tried again, so that it works before it is needed. */
  const planLogin = (): RenewalStep | undefined => {
    if (!mayLogIn || outcome.failure() === undefined) return undefined
    return { atMs: clock.now(), run: () => noting(async () => void (await holder.current())) }
  }

  const planTry = (held: HeldToken): RenewalStep | undefined => {
    // A look-up would spend a use.
    if (held.lease?.isLimited === true) return undefined
    return { atMs: holder.nextTryMs(), endMs: endOf(held), run: () => tryAgain(held) }
  }

  const planLookUp = (held: HeldToken): RenewalStep | undefined => {
    const atMs = lookUpAtMs.get(held) ?? clock.now() + lookUpAfterMs
    if (atMs === 'never') return undefined
    lookUpAtMs.set(held, atMs)
    return { atMs, run: () => lookUp(held) }
  }

  const planAhead = (held: HeldToken): RenewalStep | undefined => {
    const lease = held.lease!
    const step = planRenewal(lease, mayLogIn, clock.now())
    if (step === undefined) return undefined
    return { atMs: step.atMs, endMs: endOf(held), run: () => (step.type === 'renew' ? renew(held, lease) : logIn()) }
  }

  const noting = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step()
      outcome.succeeded()
    } catch (error) {
      // An outage of a night is one line, not a hundred.
      if (outcome.failed(error)) {
        log.warn('the vault token could not be renewed; it is tried again', { vault, reason: describeError(error) })
      }
      throw error
    }
  }

  /** True while this is the token to use: its owner may have put another one there, which has its own turn. */
  const isCurrent = async (held: HeldToken): Promise<boolean> => (await holder.current()).token === held.token

  const lookUp = async (held: HeldToken): Promise<void> => {
    if (!(await isCurrent(held))) return
    const { type } = await lookUpHeld(holder, calls, held)
    if (type === 'denied') lookUpAtMs.set(held, 'never')
  }

  const tryAgain = async (held: HeldToken): Promise<void> => {
    // Where no person is needed, `current` may bring another one.
    if (!(await isCurrent(held))) return
    const { type } = await lookUpHeld(holder, calls, held)
    if (type !== 'replaced') log.info('the vault token is accepted again', { vault })
  }

  const renew = async (held: HeldToken, lease: TokenLease): Promise<void> => {
    if (!(await isCurrent(held))) return
    try {
      const renewed = await calls.renew(held, lease)
      log.debug('renewed the vault token', { vault, forSeconds: renewed.leaseSeconds })
      await holder.update(held, renewed)
    } catch (error) {
      // A login without a person need not wait until the policies are corrected. What else the server refuses may be a
      // password that it has shown to a directory, which locks people after a few wrong ones.
      const isOver =
        isVaultError(error, 'VAULT_NOT_RENEWABLE', 'VAULT_REFUSED') || (mayLogIn && isVaultError(error, 'VAULT_DENIED'))
      if (isOver) {
        log.info('the vault token will not be renewed', { vault, reason: describeError(error) })
        if (!mayLogIn) endReasons.set(held.token, describeError(error))
        await holder.update(held, { ...lease, isRenewable: false })
      } else if (isTokenRefused(error)) await replaceRefused(held, error)
      else throw error
    }
  }

  const logIn = async (): Promise<void> => {
    await holder.relogin()
  }

  const loop = createRenewalLoop({
    clock,
    random,
    plan,
    isLasting: (error) => isVaultError(error, 'VAULT_DENIED'),
    isFleet: true,
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
    endReason: ({ token }) => endReasons.get(token),
  }
}

function endOf({ lease }: HeldToken): number | undefined {
  return lease === undefined ? undefined : expiresAtMs(lease)
}
