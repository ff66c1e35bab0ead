import type { Logger } from '../../core/log.ts'

/** AWS accepts no request whose time is further from its own, in ms (SigV4, "Request timestamp"). */
const maxAcceptedSkewMs = 15 * 60_000
/** A clock that is wrong by less does no harm, in ms; the `Date` header has whole seconds. */
export const tolerableSkewMs = 30_000

/** Owns how far this machine's clock is from AWS's. */
export interface ClockSkew {
  /** AWS's time minus ours in ms, as of the last answer. */
  ms(): number
  /**
   * @param measuredMs by the Date of the last answer
   * @param isRefused a request that was signed with the skew known until now was not accepted
   */
  note(measuredMs: number, isRefused: boolean): void
}

/** The clock counts as right until an answer says otherwise. */
export function createClockSkew(log: Logger): ClockSkew {
  let skewMs = 0
  return {
    ms: () => skewMs,
    note(measuredMs, isRefused) {
      // AWS accepted a request whose time is far from this Date: the Date is that of a proxy.
      if (!isRefused && Math.abs(measuredMs - skewMs) > maxAcceptedSkewMs) return
      if (Math.abs(measuredMs) > tolerableSkewMs && Math.abs(measuredMs - skewMs) > tolerableSkewMs) {
        log.warn('the clock of this machine differs from that of AWS; corrected', {
          seconds: Math.round(measuredMs / 1000),
        })
      }
      skewMs = Math.abs(measuredMs) > tolerableSkewMs ? measuredMs : 0
    },
  }
}
