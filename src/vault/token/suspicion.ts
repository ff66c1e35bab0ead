import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'

/**
 * Which token the server has refused in the words that it uses for a dead one, a network that is not allowed and a
 * disabled identity alike. Such a token is neither trusted nor forgotten: it is tried again now and then.
 */
export interface Suspicion {
  /** The server has refused this token just now. */
  mark(token: Secret<string>): void
  /** The server has accepted this token. */
  clear(token: Secret<string>): void
  isSuspect(token: Secret<string>): boolean
  /** Whether a suspect token may be tried now: true once, and again when the next try is due. */
  takeTry(token: Secret<string>): boolean
  /** When a suspect token is to be tried next, in wall-clock ms as the clock goes now. */
  nextTryMs(): number
}

/** How often the server is asked, in ms: once for all who ask while ssh is being used. */
const betweenTriesMs = 5_000

/** Suspicion of one token at a time: the one that is held. */
export function createSuspicion(clock: Clock): Suspicion {
  let suspect: { token: Secret<string>; triedMs: number } | undefined

  const isSuspect = (token: Secret<string>) => suspect?.token === token
  const dueInMs = () => (suspect === undefined ? 0 : suspect.triedMs + betweenTriesMs - clock.uptime())
  const mark = (token: Secret<string>) => {
    suspect = { token, triedMs: clock.uptime() }
  }

  return {
    mark,
    clear(token) {
      if (isSuspect(token)) suspect = undefined
    },
    isSuspect,
    takeTry(token) {
      if (!isSuspect(token) || dueInMs() > 0) return false
      mark(token)
      return true
    },
    nextTryMs: () => clock.now() + Math.max(0, dueInMs()),
  }
}
