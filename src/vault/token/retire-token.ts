import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { type HeldToken, isExpired } from './token-holder.ts'

/** What retiring a token takes. */
export interface RetirementDeps {
  /** The server's name in the configuration. */
  vault: string
  revoke: (held: HeldToken) => Promise<void>
  clock: Clock
  log: Logger
}

/**
 * Has tokens of ours revoked that nobody wants any more, so that they end now and not with their leases. A failure is
 * logged.
 * @returns a function to call with the token, and with what to log where it is not revoked
 */
export function createRetirement({ vault, revoke, clock, log }: RetirementDeps) {
  return async (token: HeldToken | undefined, failed: string): Promise<void> => {
    if (token === undefined || token.lease?.isBatch === true || isExpired(token, clock.now())) return
    await revoke(token).catch((error: unknown) => log.warn(failed, { vault, reason: describeError(error) }))
  }
}
