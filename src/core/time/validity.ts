/** The time in which something may be used, in ms since the epoch. `notAfterMs` itself is outside. */
export interface Validity {
  notBeforeMs: number
  notAfterMs: number
}

/** How long before `notAfterMs` renewal starts, in ms. */
export interface RenewalWindows {
  /** Renew in the background, and go on serving the current value. */
  advisoryMs: number
  /** Wait for the renewal before serving anything. */
  mandatoryMs: number
}

/** How urgent a renewal is. */
export type RenewalState = 'fresh' | 'advisory' | 'mandatory' | 'expired'

/** Whether a value may be served, and whether it is due for renewal (the windows of botocore's credentials.py). */
export function renewalState(validity: Validity, windows: RenewalWindows, nowMs: number): RenewalState {
  const leftMs = validity.notAfterMs - nowMs
  if (leftMs <= 0) return 'expired'
  if (leftMs <= windows.mandatoryMs) return 'mandatory'
  if (leftMs <= windows.advisoryMs) return 'advisory'
  return 'fresh'
}
