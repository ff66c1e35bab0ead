import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createInterval } from '../../core/time/interval.ts'
import type { Access } from '../inline-login.ts'
import type { HeldToken, TokenHolder } from './token-holder.ts'

/** Whether a login still goes on, for what was obtained with its tokens. */
export interface PresentLogin {
  /**
   * Whether the login that a token came from still goes on: it is the token in use, or has the same owner as that, or no
   * token is in use. One that went with a request does. Asks nobody.
   */
  isOfPresentLogin(access: Access): boolean
  /** Checks whether a token that others look after was replaced, once a second at most; undefined: nothing to wait for. */
  look(): Promise<void> | undefined
  /** Calls `run` whenever such a token was replaced. */
  onReplaced(run: () => void): void
}

/** How often to look, in ms: lists come in bursts, and the owner of a token replaces it only now and then. */
const betweenLooksMs = 1_000

/** Follows what is held; the owner of a found token is unknown until it is looked up. */
export function createPresentLogin(holder: TokenHolder, clock: Clock): PresentLogin {
  const owners = new WeakMap<Secret<string>, string>()
  const looks = createInterval(clock, betweenLooksMs, true)
  let looking: Promise<void> | undefined

  const ownerOf = ({ token, lease }: HeldToken): string | undefined => {
    if (lease !== undefined && lease.owner !== '') owners.set(token, lease.owner)
    return owners.get(token)
  }

  return {
    isOfPresentLogin(access) {
      const held = holder.peek()
      if (held === undefined || !('token' in access)) return true
      const { token } = access
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
