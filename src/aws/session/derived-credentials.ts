import { backoffDelayMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createRenewable, type Renewable } from '../../core/renewable.ts'
import type { RenewalWindows } from '../../core/validity.ts'
import { isAwsError } from '../aws-error.ts'
import type { SessionCredentials } from '../credentials.ts'

/** The AWS CLI asks again for each request when it gets less than 15 minutes. */
const inHandMs = 16 * 60_000
/** Renewal begins so long before that, in ms. */
const aheadMs = 10 * 60_000
/** Credentials that nobody has asked for in so long are left to expire, in ms. */
const inUseMs = 60 * 60_000
/** After a failed renewal in the background. */
const retryBounds = { baseMs: 30_000, capMs: 5 * 60_000 }

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
  /** Drops what is held under the keys that are meant; returns those under which something valid was. */
  forget(isMeant: (key: string) => boolean): readonly string[]
}

interface Entry {
  renewable: Renewable<SessionCredentials>
  /** That of the last caller, whose configuration is the newest: the region may be another one now. */
  issue: Issue
  usedAtMs: number
  stopTimer: () => void
}

export function createDerivedCredentials(deps: {
  clock: Clock
  random: () => number
  log: Logger
}): DerivedCredentials {
  const { clock, random, log } = deps
  const entries = new Map<string, Entry>()

  const entryFor = (key: string, issue: Issue): Entry => {
    const present = entries.get(key)
    if (present !== undefined) return present
    const entry: Entry = {
      renewable: createRenewable({
        clock,
        fetch: async () => {
          const credentials = await entry.issue()
          if (entries.get(key) === entry) schedule(key, entry, credentials)
          return credentials
        },
        validity: ({ expiresAtMs }) => ({ notBeforeMs: 0, notAfterMs: expiresAtMs }),
        windows: ({ expiresAtMs }) => renewalWindows(expiresAtMs - clock.now()),
        onBackgroundError,
      }),
      issue,
      usedAtMs: clock.uptime(),
      stopTimer: () => {},
    }
    entries.set(key, entry)
    return entry
  }

  const onBackgroundError = (error: unknown) => {
    // That the session has ended is no news: the next caller is asked for a code.
    if (isAwsError(error, 'AWS_MFA_NEEDED')) return
    log.warn('AWS credentials were not renewed', { reason: describeError(error) })
  }

  /** Renews ahead of time what is in use, so that nobody waits for it, and lets go of the rest when it expires. */
  const schedule = (key: string, entry: Entry, credentials: SessionCredentials) => {
    const leftMs = () => credentials.expiresAtMs - clock.now()
    const wakeIn = (delayMs: number, run: () => void) => {
      entry.stopTimer()
      entry.stopTimer = clock.after(delayMs, run)
    }
    const renewOrRest = (attempt: number) => {
      if (clock.uptime() - entry.usedAtMs >= inUseMs || leftMs() <= 0) return rest()
      entry.renewable.renew().catch((error: unknown) => {
        onBackgroundError(error)
        if (entries.get(key) !== entry) return
        if (isAwsError(error, 'AWS_MFA_NEEDED')) return rest()
        wakeIn(retryBounds.baseMs + backoffDelayMs(attempt, retryBounds, random), () => renewOrRest(attempt + 1))
      })
    }
    const rest = () =>
      wakeIn(Math.max(0, leftMs()), () => {
        if (entries.get(key) === entry && entry.renewable.peek() === undefined) entries.delete(key)
      })
    const { advisoryMs } = renewalWindows(leftMs())
    // Twenty roles that were assumed at once are not renewed at once.
    wakeIn(leftMs() - advisoryMs + random() * 60_000, () => renewOrRest(0))
  }

  const use = (key: string, issue: Issue): Renewable<SessionCredentials> => {
    const entry = entryFor(key, issue)
    entry.issue = issue
    entry.usedAtMs = clock.uptime()
    return entry.renewable
  }

  /** Drops what is held under a key; returns whether that was valid. */
  const remove = (key: string): boolean => {
    const entry = entries.get(key)
    if (entry === undefined) return false
    const wasValid = entry.renewable.peek() !== undefined
    entry.stopTimer()
    entry.renewable.clear()
    entries.delete(key)
    return wasValid
  }

  return {
    current: (key, issue) => use(key, issue).current(),
    renew: (key, issue) => use(key, issue).renew(),
    peek: (key) => entries.get(key)?.renewable.peek(),
    drop(key, credentials) {
      if (entries.get(key)?.renewable.peek()?.accessKeyId === credentials.accessKeyId) remove(key)
    },
    forget: (isMeant) => [...entries.keys()].filter(isMeant).filter(remove),
  }
}

/** When to renew credentials that are good for `lifetimeMs` more. Short ones are renewed at half of it. */
export function renewalWindows(lifetimeMs: number): RenewalWindows {
  const mandatoryMs = lifetimeMs > inHandMs + 60_000 ? inHandMs : lifetimeMs / 2
  return { mandatoryMs, advisoryMs: mandatoryMs + Math.min(aheadMs, (lifetimeMs - mandatoryMs) / 2) }
}
