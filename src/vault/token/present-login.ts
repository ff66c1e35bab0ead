import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createInterval } from '../../core/time/interval.ts'
import type { HeldToken, TokenHolder } from './token-holder.ts'

/** Which login goes on, for what was got with its tokens. */
export interface PresentLogin {
  /**
   * Whether the login goes on that a token came from: it is the one in use, or that has the same owner, or there is none
   * that says otherwise. Asks nobody.
   */
  isOfPresentLogin(token: Secret<string>): boolean
  /** Looks whether a token that others look after was replaced, once a second at most; undefined: nothing to wait for. */
  look(): Promise<void> | undefined
  /** Calls `run` whenever such a token was replaced. */
  onReplaced(run: () => void): void
}

/** Lists come in bursts, and the owner of a token replaces it now and then. */
const betweenLooksMs = 1_000

/** Follows what is held; a found token has no known owner before it was looked up. */
export function createPresentLogin(holder: TokenHolder, clock: Clock): PresentLogin {
  const owners = new WeakMap<Secret<string>, string>()
  const looks = createInterval(clock, betweenLooksMs, true)
  let looking: Promise<void> | undefined

  const ownerOf = ({ token, lease }: HeldToken): string | undefined => {
    if (lease !== undefined && lease.owner !== '') owners.set(token, lease.owner)
    return owners.get(token)
  }

  return {
    isOfPresentLogin(token) {
      const held = holder.peek()
      if (held === undefined) return true
      const owner = ownerOf(held)
      return held.token === token || (owner !== undefined && owner === owners.get(token))
    },
    look() {
      if (holder.peekAgain === undefined) return undefined
      if (looks.takeTurn()) {
        looking ??= holder.peekAgain().finally(() => {
          looking = undefined
        })
      }
      return looking
    },
    onReplaced: holder.onReplaced,
  }
}
