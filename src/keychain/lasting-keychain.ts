import { describeError } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { createRenewalLoop } from '../core/renewal/renewal-loop.ts'
import type { Secret } from '../core/secret.ts'
import type { Clock } from '../core/time/clock.ts'
import { type CallsOf, decorated } from './decorated.ts'
import type { Keychain, LastingKeychain } from './keychain.ts'

/** The keychain that is made lasting, and what its repairs need. */
export interface LastingKeychainDeps {
  keychain: Keychain
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
}

/** A change that the keychain has not made yet: an item to be stored, or removed where there is no value. */
interface Change {
  value?: Secret<string>
  endsAtMs: number
}

/** How long after a failure it is tried again, and how long the pauses become at most, in ms. */
const firstPauseMs = 60_000
const longestPauseMs = 60 * 60_000

/**
 * Adds to a keychain that failed changes are made good: when it is seen to answer again, and after pauses. The pauses
 * double, because each try may show the dialog of a locked keychain to a person who has closed it.
 */
export function createLastingKeychain({ keychain, clock, random, log }: LastingKeychainDeps): LastingKeychain {
  const changes = new Map<string, Change>()
  /** The newest call for each item that is under way. */
  const newest = new Map<string, symbol>()
  let repairing: { name: string; done: Promise<void> } | undefined
  let failures = 0
  let nextTryMs = 0
  /** A list does not ask to be unlocked, so its success proves nothing, unless one has failed as well. */
  let hasListFailed = false

  const apply = async (name: string, { value }: Change) => {
    if (value === undefined) await keychain.delete(name)
    else await keychain.set(name, value)
  }

  const repairOne = async (name: string, change: Change) => {
    if (change.endsAtMs > clock.now()) {
      await apply(name, change)
      log.info('the keychain has accepted what it did not accept before', { item: name })
    }
    if (changes.get(name) === change) changes.delete(name)
  }

  const repair = async () => {
    try {
      for (const [name, change] of changes) {
        const done = repairOne(name, change)
        repairing = { name, done: done.catch(() => {}) }
        await done
      }
      failures = 0
    } finally {
      repairing = undefined
    }
  }

  const postpone = () => {
    nextTryMs = clock.now() + Math.min(firstPauseMs * 2 ** failures, longestPauseMs)
    failures += 1
  }

  const onError = (error: unknown) => {
    log.info('the keychain still does not accept what it did not accept before', { reason: describeError(error) })
    postpone()
    loop.replan()
  }

  const plan = () => (changes.size === 0 ? undefined : { atMs: nextTryMs, run: repair })
  const loop = createRenewalLoop({ clock, random, plan, onError })
  loop.start()

  /** The keychain answers: what was waiting for that is done at once. */
  const noteAnswer = () => {
    if (changes.size > 0 && !loop.isBusy()) loop.take(repair).catch(onError)
  }

  const noting = async <T>(call: () => Promise<T>): Promise<T> => {
    const result = await call()
    noteAnswer()
    return result
  }

  /** A new call takes the place of what was to be made good, and waits for what is being made good. */
  const replace = async <T>(name: string, call: (isNewest: () => boolean) => Promise<T>): Promise<T> => {
    const mine = Symbol(name)
    newest.set(name, mine)
    changes.delete(name)
    try {
      if (repairing?.name === name) await repairing.done
      return await call(() => newest.get(name) === mine)
    } finally {
      if (newest.get(name) === mine) newest.delete(name)
    }
  }

  const makeLasting = (name: string, change: Change): Promise<void> =>
    replace(name, async (isNewest) => {
      try {
        await noting(() => apply(name, change))
      } catch (error) {
        if (isNewest()) putOff(name, change)
        throw error
      }
    })

  const putOff = (name: string, change: Change) => {
    // A later change does not delay the earlier ones.
    if (changes.size === 0) {
      failures = 0
      postpone()
    }
    changes.set(name, change)
    loop.replan()
  }

  return decorated<CallsOf<LastingKeychain>>(keychain, {
    get: (name) => noting(() => keychain.get(name)),
    set: (name, value) => replace(name, () => noting(() => keychain.set(name, value))),
    delete: (name) => replace(name, () => noting(() => keychain.delete(name))),
    async list() {
      try {
        const names = await keychain.list()
        if (hasListFailed) noteAnswer()
        hasListFailed = false
        return names
      } catch (error) {
        hasListFailed = true
        throw error
      }
    },
    keep: (name, value, endsAtMs = Number.POSITIVE_INFINITY) => makeLasting(name, { value, endsAtMs }),
    discard: (name) => makeLasting(name, { endsAtMs: Number.POSITIVE_INFINITY }),
    owes: (name) => changes.has(name),
  })
}
