import type { LastOutcome } from '../../core/renewal/last-outcome.ts'
import type { TokenMethod } from '../login/login-method.ts'
import { needsPerson } from './login-need.ts'
import { type HeldToken, missing, type TokenHolder } from './token-holder.ts'
import { expiresAtMs, type TokenLease } from './token-lease.ts'

/** What can be shown of a token without asking anyone. */
export interface TokenStatus {
  /**
   * `idle`: nobody has needed it yet; the login then needs no person. `login-needed`: only a person can bring it back.
   * `inline`: there is none, each request logs in. `logged-out`: by a logout, or what others look after is not there.
   */
  state: 'logged-in' | 'idle' | 'inline' | 'login-needed' | 'logged-out'
  /** Absent where it is not known, or never. */
  expiresAtMs?: number
  /** What a person should know while it is still good. */
  warnings?: readonly string[]
  lastError?: unknown
}

/** What the status is made of. */
export interface TokenStatusParts {
  vault: string
  method: TokenMethod
  holder: Pick<TokenHolder, 'peek' | 'storeError'>
  /** Of the last use, login or step in the background. */
  outcome: Pick<LastOutcome, 'failure' | 'error'>
  /** What is held, if it can be used. */
  usable: HeldToken | undefined
  /** Why it ends though it could have been renewed. */
  endReason: string | undefined
  isLoggedOut: boolean
}

/** Describes the token of one vault. */
export function describeToken(parts: TokenStatusParts): TokenStatus {
  const { vault, holder, outcome, usable, endReason } = parts
  const state = usable !== undefined ? 'logged-in' : stateWithout(parts)
  const whyNeeded = state === 'login-needed' ? missing(vault, holder.peek()) : undefined
  const lastError = outcome.error() ?? holder.storeError() ?? whyNeeded
  return {
    state,
    ...(usable?.lease !== undefined ? endOf(usable.lease) : {}),
    ...(endReason === undefined
      ? {}
      : { warnings: [`it is not renewed any more, and ends when its time is over: ${endReason}`] }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

function stateWithout({ method, outcome, isLoggedOut }: TokenStatusParts): TokenStatus['state'] {
  if (isLoggedOut) return 'logged-out'
  if (!method.isUnattended || needsPerson(method, outcome.error())) return 'login-needed'
  return outcome.failure() === undefined ? 'idle' : 'logged-out'
}

/** When a token ends, as it is shown. */
export function endOf(lease: TokenLease): { expiresAtMs?: number } {
  const endMs = expiresAtMs(lease)
  return endMs === undefined ? {} : { expiresAtMs: endMs }
}
