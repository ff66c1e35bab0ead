import { createSingleFlight } from '../../core/calls/single-flight.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import type { SessionCredentials } from '../credentials.ts'
import type { DerivedStep } from '../plan/steps.ts'
import {
  decodeSession,
  encodeSession,
  type MfaSession,
  parseSessionItemName,
  type StoredSession,
  sessionItemName,
} from './session-item.ts'

/**
 * What codes were given for, MFA sessions and roles in direct mode: in the keychain, so that one code outlasts a restart,
 * and in memory once read.
 * Each method rejects with a KeychainError when the keychain cannot answer and memory does not know.
 */
export interface SessionCache {
  /** The session of a step, if one is held that has not expired. */
  find(step: DerivedStep): Promise<MfaSession | undefined>
  /** Keeps a new session in place of an older one of the same step. @param region where it was made */
  put(step: DerivedStep, credentials: SessionCredentials, region: string): Promise<void>
  /** Drops a session that AWS has refused; a newer one of the same step stays. */
  drop(step: DerivedStep, credentials: SessionCredentials): Promise<void>
  /** Drops the sessions of one source, or all; resolves to the sources that had one. */
  forget(source?: string): Promise<readonly string[]>
  /** All sessions that have not expired; those in memory alone where the keychain cannot answer. */
  list(): Promise<readonly StoredSession[]>
}

/** Where the sessions are kept. */
export interface SessionCacheDeps {
  keychain: LastingKeychain
  clock: Clock
  log: Logger
}

interface HeldSession extends MfaSession {
  source: string
  /** The name of its item, in the keychain once that has stored it. */
  name: string
}

/** Owns the sessions: every use of one asks here first. */
export function createSessionCache({ keychain, clock, log }: SessionCacheDeps): SessionCache {
  const inMemory = new Map<string, HeldSession>()
  const reads = createSingleFlight<MfaSession | undefined>()
  /** Key ids that AWS refused: the keychain may still hold them where deleting failed. */
  const refused = new Set<string>()
  /** Counts what was forgotten: what is read from the keychain meanwhile is void. */
  let forgotten = 0

  const isValid = ({ expiresAtMs }: { expiresAtMs: number }) => expiresAtMs > clock.now()
  const usable = <T extends MfaSession>(session: T | undefined): session is T =>
    session !== undefined && isValid(session.credentials) && !refused.has(session.credentials.accessKeyId)

  /** Not one that has ended, nor one that is only there because the keychain could not remove it. */
  const isLive = (item: { name: string; expiresAtMs: number }) => isValid(item) && !keychain.owes(item.name)

  const stored = async () => (await keychain.list()).flatMap((name) => parseSessionItemName(name) ?? [])

  const readFromKeychain = async (step: DerivedStep): Promise<MfaSession | undefined> => {
    const key = step.cacheKey
    const before = forgotten
    const items = (await stored()).filter((item) => item.key === key && isLive(item))
    for (const { name, expiresAtMs } of items.sort((a, b) => b.expiresAtMs - a.expiresAtMs)) {
      const item = await keychain.get(name)
      const session = item === undefined ? undefined : decodeSession(item, expiresAtMs)
      if (item !== undefined && session === undefined)
        log.warn('the keychain holds a session that cannot be read', { name })
      if (forgotten !== before) return undefined
      if (!usable(session)) continue
      inMemory.set(key, { ...session, source: step.source, name })
      return session
    }
    return undefined
  }

  /** What cannot be removed now is removed when the keychain answers again; until then it is remembered as refused. */
  const remove = async (name: string) => {
    try {
      await keychain.discard(name)
    } catch (error) {
      log.warn('an old session stays in the keychain for now', { reason: describeError(error) })
    }
  }

  /** Removes older sessions of a step, and all that have expired. */
  const sweep = async (key: string, newest: string) => {
    const items = await stored().catch(() => [])
    for (const item of items) {
      if ((item.key === key && item.name !== newest) || !isValid(item)) await remove(item.name)
    }
  }

  return {
    async find(step) {
      const held = inMemory.get(step.cacheKey)
      return usable(held) ? held : reads.run(step.cacheKey, () => readFromKeychain(step))
    },
    async put(step, credentials, region) {
      const former = inMemory.get(step.cacheKey)
      const session = { credentials, issuedAtMs: clock.now(), region }
      const name = sessionItemName(step, credentials)
      inMemory.set(step.cacheKey, { ...session, source: step.source, name })
      try {
        await keychain.keep(name, encodeSession(session), credentials.expiresAtMs)
      } catch (error) {
        // The code is spent: what it bought is kept at least as long as this process lives.
        log.warn('the MFA session could not be stored; it ends with the daemon unless the keychain takes it later', {
          reason: describeError(error),
        })
      }
      // Forgotten while it was being stored: nobody has seen the item yet.
      if (refused.has(credentials.accessKeyId)) return remove(name)
      // By its name as well: it may be waiting to be stored, and is not in the list then.
      if (former !== undefined && former.name !== name) await remove(former.name)
      await sweep(step.cacheKey, name)
    },
    async drop(step, credentials) {
      const key = step.cacheKey
      refused.add(credentials.accessKeyId)
      const held = inMemory.get(key)
      // A newer one has taken its place already, in the keychain too.
      if (held !== undefined && held.credentials.accessKeyId !== credentials.accessKeyId) return
      inMemory.delete(key)
      await remove(sessionItemName(step, credentials))
    },
    async forget(source) {
      const gone = new Set<string>()
      const names = new Set<string>()
      forgotten += 1
      for (const [key, session] of inMemory) {
        if (source !== undefined && session.source !== source) continue
        if (usable(session)) gone.add(session.source)
        // Even where the keychain cannot be changed, this session is not used again.
        refused.add(session.credentials.accessKeyId)
        names.add(session.name)
        inMemory.delete(key)
      }
      const failures: unknown[] = []
      const discard = (name: string) => keychain.discard(name).catch((error: unknown) => failures.push(error))
      for (const name of names) await discard(name)
      for (const item of await stored()) {
        if (source !== undefined && item.source !== source) continue
        if (isLive(item)) gone.add(item.source)
        if (!names.has(item.name)) await discard(item.name)
      }
      if (failures.length > 0) throw failures[0]
      return [...gone].sort()
    },
    async list() {
      const held = [...inMemory]
        .filter(([, session]) => usable(session))
        .map(([key, { source, credentials }]) => ({ source, key, expiresAtMs: credentials.expiresAtMs }))
      try {
        const others = (await stored()).filter((item) => isLive(item) && !inMemory.has(item.key))
        return [...held, ...others.map(({ source, key, expiresAtMs }) => ({ source, key, expiresAtMs }))]
      } catch {
        // Where the list is shown, the state of the keychain is shown too.
        return held
      }
    },
  }
}
