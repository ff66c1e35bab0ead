import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome, type LastOutcome } from '../../core/renewal/last-outcome.ts'
import { createRenewalLoop, type RenewalLoop, type RenewalStep } from '../../core/renewal/renewal-loop.ts'
import type { Clock } from '../../core/time/clock.ts'
import { type RenewalState, type RenewalWindows, renewalState } from '../../core/time/validity.ts'
import { isAwsError } from '../aws-error.ts'
import type { SessionCredentials } from '../credentials.ts'

/** The AWS CLI asks again for each request when it gets less than 15 minutes. */
const inHandMs = 16 * 60_000
/** Renewal begins this long before that, in ms. */
const aheadMs = 10 * 60_000
/** Credentials that nobody has asked for in this long are left to expire, in ms. */
const inUseMs = 60 * 60_000
/** Renewals are spread over this long, in ms. */
const jitterMs = 60_000
/** After a failure, what is still valid is served for this long without another try, in ms. */
const retryAfterMs = 5_000

/** Gets new ones, by the caller's configuration. */
type Issue = () => Promise<SessionCredentials>

/** Credentials that can be got again without a person: of roles, and of sessions without MFA. In memory only. */
export interface DerivedCredentials {
  /** At least 16 minutes' worth where STS gives them; never expired. @throws what `issue` rejects with */
  current(key: string, issue: Issue): Promise<SessionCredentials>
  /** New ones, whatever is held. */
  renew(key: string, issue: Issue): Promise<SessionCredentials>
  /** What is held and valid. */
  peek(key: string): SessionCredentials | undefined
  /** Drops credentials that AWS has refused, unless they have been replaced already. */
  drop(key: string, credentials: SessionCredentials): void
  /** Drops what is held under the keys that match; returns those that held something valid. */
  forget(matches: (key: string) => boolean): readonly string[]
}

interface Held {
  credentials: SessionCredentials
  /** When they end by the uptime as well, in ms: the wall clock may be set back. */
  endUptimeMs: number
  windows: RenewalWindows
  /** Renewal begins this long before their end, in ms. */
  renewAheadMs: number
}

interface Entry {
  held?: Held
  /** That of the last caller, whose configuration is the newest: the region may be another one now. */
  issue: Issue
  usedAtMs: number
  outcome: LastOutcome
  /** When the last try failed, in ms of uptime; undefined after a success. */
  failedAtMs?: number | undefined
  loop: RenewalLoop
}

/** Holds nothing yet. Credentials have a renewal loop of their own until they have expired. */
export function createDerivedCredentials(deps: {
  clock: Clock
  random: () => number
  log: Logger
}): DerivedCredentials {
  const { clock, random, log } = deps
  const entries = new Map<string, Entry>()

  const endOf = ({ credentials, endUptimeMs }: Held): number =>
    Math.min(credentials.expiresAtMs, clock.now() + endUptimeMs - clock.uptime())

  const stateOf = ({ held }: Entry): RenewalState =>
    held === undefined
      ? 'expired'
      : renewalState({ notBeforeMs: 0, notAfterMs: endOf(held) }, held.windows, clock.now())

  const valid = (entry: Entry | undefined): SessionCredentials | undefined =>
    entry === undefined || stateOf(entry) === 'expired' ? undefined : entry.held?.credentials

  const issue = async (entry: Entry): Promise<void> => {
    try {
      const credentials = await entry.issue()
      const leftMs = credentials.expiresAtMs - clock.now()
      const windows = renewalWindows(leftMs)
      // Twenty roles that were assumed at once are not renewed at once.
      const renewAheadMs = windows.advisoryMs - random() * jitterMs
      entry.held = { credentials, endUptimeMs: clock.uptime() + leftMs, windows, renewAheadMs }
      entry.failedAtMs = undefined
      entry.outcome.succeeded()
    } catch (error) {
      entry.failedAtMs = clock.uptime()
      const isNews = entry.outcome.failed(error)
      // That the session has ended is no news: the next caller is asked for a code.
      if (isNews && valid(entry) !== undefined && !isAwsError(error, 'AWS_MFA_NEEDED')) {
        log.warn('AWS credentials were not renewed', { reason: describeError(error) })
      }
      throw error
    }
  }

  /** Renews ahead of time what is in use, so that nobody waits for it, and lets go of the rest when it has expired. */
  const plan = (key: string, entry: Entry): RenewalStep => {
    const { held, usedAtMs, outcome } = entry
    const endMs = held === undefined ? 0 : endOf(held)
    const isInUse = clock.uptime() - usedAtMs < inUseMs
    const needsPerson = isAwsError(outcome.error(), 'AWS_MFA_NEEDED')
    return held !== undefined && endMs > clock.now() && isInUse && !needsPerson
      ? { atMs: endMs - held.renewAheadMs, endMs, run: () => issue(entry) }
      : { atMs: endMs, run: async () => void remove(key, entry) }
  }

  const use = (key: string, issueNow: Issue): Entry => {
    const entry: Entry = entries.get(key) ?? {
      issue: issueNow,
      usedAtMs: clock.uptime(),
      outcome: createLastOutcome(clock),
      loop: createRenewalLoop({ clock, random, plan: () => plan(key, entry), isLasting }),
    }
    entries.set(key, entry)
    entry.issue = issueNow
    entry.usedAtMs = clock.uptime()
    return entry
  }

  const renew = async (entry: Entry): Promise<SessionCredentials> => {
    const taken = entry.loop.take(() => issue(entry))
    entry.loop.start()
    await taken
    return entry.held!.credentials
  }

  // Every call of a tool asks for credentials: without this rest, each would call an AWS that is down.
  const isResting = ({ failedAtMs }: Entry) => failedAtMs !== undefined && clock.uptime() - failedAtMs < retryAfterMs

  const current = async (entry: Entry): Promise<SessionCredentials> => {
    const present = valid(entry)
    if (present === undefined) return await renew(entry)
    const state = stateOf(entry)
    if (state === 'fresh' || isResting(entry)) return present
    const renewed = renew(entry).catch((error: unknown) => {
      const last = valid(entry)
      if (last === undefined) throw error
      return last
    })
    if (state === 'mandatory') return await renewed
    renewed.catch(() => {})
    return present
  }

  /** Drops what is held under a key; returns whether that was valid. */
  const remove = (key: string, entry: Entry): boolean => {
    entry.loop.stop()
    if (entries.get(key) === entry) entries.delete(key)
    return valid(entry) !== undefined
  }

  return {
    async current(key, issueNow) {
      const entry = use(key, issueNow)
      // It may be in use again.
      entry.loop.replan()
      return await current(entry)
    },
    renew: (key, issueNow) => renew(use(key, issueNow)),
    peek: (key) => valid(entries.get(key)),
    drop(key, credentials) {
      const entry = entries.get(key)
      if (entry !== undefined && valid(entry)?.accessKeyId === credentials.accessKeyId) remove(key, entry)
    },
    forget: (matches) =>
      [...entries].filter(([key]) => matches(key)).flatMap(([key, entry]) => (remove(key, entry) ? [key] : [])),
  }
}

/** True for a failure that lasts until a role or a region is changed. */
const isLasting = (error: unknown): boolean =>
  isAwsError(error, 'AWS_DENIED', 'AWS_KEY_REFUSED', 'AWS_REGION_DISABLED', 'AWS_REQUEST_INVALID')

/** When to renew credentials that are good for `lifetimeMs` more. Short ones are renewed at half of it. */
export function renewalWindows(lifetimeMs: number): RenewalWindows {
  const mandatoryMs = lifetimeMs > inHandMs + 60_000 ? inHandMs : lifetimeMs / 2
  return { mandatoryMs, advisoryMs: mandatoryMs + Math.min(aheadMs, (lifetimeMs - mandatoryMs) / 2) }
}
