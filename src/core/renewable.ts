import type { Clock } from './clock.ts'
import { type RenewalWindows, renewalState, type Validity } from './validity.ts'

/** One expiring value with the call that renews it. It owns the value; nobody else keeps a copy past a use. */
export interface Renewable<T> {
  /**
   * The value, fetched or renewed as needed: fresh is returned at once, in the advisory window it is returned at once
   * and renewed behind, in the mandatory window or past it the caller waits for the one shared renewal.
   * A renewal that fails while the value is still valid returns that value.
   * @throws what `fetch` rejected with, once there is no valid value left
   */
  current(): Promise<T>
  /** The value if one is held and still valid; never fetches. */
  peek(): T | undefined
  /** Starts a renewal now, or joins the one in flight. */
  renew(): Promise<T>
  /** What the last renewal failed with; undefined after a success. */
  lastError(): unknown
  /** Drops the value. A renewal in flight is not stored when it comes back. */
  clear(): void
}

export interface RenewableOptions<T> {
  clock: Clock
  fetch: () => Promise<T>
  validity: (value: T) => Validity
  /** The renewal windows of a value; asked once per value, so that jitter stays put. */
  windows: (value: T) => RenewalWindows
  /** Called after a failed renewal that no caller waits for. */
  onBackgroundError?: (error: unknown) => void
  /** How long the present value is served without another attempt after a failed renewal, in ms. */
  retryAfterMs?: number
}

export function createRenewable<T>(options: RenewableOptions<T>): Renewable<T> {
  const { clock, fetch, validity, onBackgroundError = () => {}, retryAfterMs = 5_000 } = options
  let held: { value: T; windows: RenewalWindows } | undefined
  let flight: Promise<T> | undefined
  let failure: { error: unknown; atMs: number } | undefined
  let generation = 0

  const state = () => (held === undefined ? 'expired' : renewalState(validity(held.value), held.windows, clock.now()))

  const renew = (): Promise<T> => {
    if (flight !== undefined) return flight
    const mine = generation
    const started = Promise.resolve()
      .then(fetch)
      .then(
        (value) => {
          if (mine === generation) {
            held = { value, windows: options.windows(value) }
            failure = undefined
          }
          return value
        },
        (error: unknown) => {
          if (mine === generation) failure = { error, atMs: clock.uptime() }
          throw error
        },
      )
      .finally(() => {
        if (flight === started) flight = undefined
      })
    flight = started
    return started
  }

  // Asked on every list: without this rest a dead server would be called once per ssh.
  const resting = () => failure !== undefined && clock.uptime() - failure.atMs < retryAfterMs

  return {
    async current() {
      switch (state()) {
        case 'fresh':
          return held!.value
        case 'advisory':
          if (!resting()) renew().catch(onBackgroundError)
          return held!.value
        case 'mandatory':
          if (resting()) return held!.value
          return renew().catch((error: unknown) => {
            if (state() === 'expired') throw error
            return held!.value
          })
        case 'expired':
          return renew()
      }
    },
    peek: () => (state() === 'expired' ? undefined : held?.value),
    renew,
    lastError: () => failure?.error,
    clear() {
      held = undefined
      flight = undefined
      failure = undefined
      generation += 1
    },
  }
}
