import type { Clock } from '../../core/clock.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import { createSingleFlight } from '../../core/single-flight.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import type { SessionCredentials } from '../credentials.ts'
import { parseJsonObject } from '../json-object.ts'
import type { SessionStep } from '../plan/steps.ts'

/** An MFA session with the time at which the code was given, in ms since the epoch. */
export interface MfaSession {
  credentials: SessionCredentials
  issuedAtMs: number
  /** Where AWS certainly knows it; absent for one that was stored before this was written down. */
  region?: string
}

/** What is known of a session without reading it. */
export interface StoredSession {
  source: string
  /** The `cacheKey` of its step. */
  key: string
  expiresAtMs: number
}

/**
 * The MFA sessions: in the keychain, so that one code lasts over a restart, and in memory once read.
 * Each method rejects with a KeychainError when the keychain cannot answer and memory does not know.
 */
export interface SessionCache {
  /** The session of a step, if one is held that has not expired. */
  find(step: SessionStep): Promise<MfaSession | undefined>
  /** Keeps a new session in place of an older one of the same step. @param region where it was made */
  put(step: SessionStep, credentials: SessionCredentials, region: string): Promise<void>
  /** Drops a session that AWS has refused; a newer one of the same step stays. */
  drop(step: SessionStep, credentials: SessionCredentials): Promise<void>
  /** Drops the sessions of one source, or all; resolves to the sources that had one. */
  forget(source?: string): Promise<readonly string[]>
  /** All sessions that have not expired; those in memory alone where the keychain cannot answer. */
  list(): Promise<readonly StoredSession[]>
}

/** The expiry stands in the name, so that sweeping never decrypts and never opens a dialog. */
const itemPattern = /^aws\/session\/(([^/]+)\/[0-9a-f]+)\/(\d+)$/

/** The name of a session in the keychain. */
const itemName = ({ cacheKey }: SessionStep, { expiresAtMs }: SessionCredentials): string =>
  `aws/session/${cacheKey}/${Math.floor(expiresAtMs / 1000)}`

export interface SessionCacheDeps {
  keychain: Keychain
  clock: Clock
  log: Logger
}

/** Owns the sessions: whoever uses one asks here each time. */
export function createSessionCache({ keychain, clock, log }: SessionCacheDeps): SessionCache {
  const inMemory = new Map<string, MfaSession & { source: string }>()
  const reads = createSingleFlight<MfaSession | undefined>()
  /** Key ids that AWS refused: the keychain may still hold them where deleting failed. */
  const refused = new Set<string>()
  /** Counts what was forgotten: what is read from the keychain meanwhile is void. */
  let forgotten = 0

  const isValid = ({ expiresAtMs }: { expiresAtMs: number }) => expiresAtMs > clock.now()
  const usable = (session: MfaSession | undefined): session is MfaSession =>
    session !== undefined && isValid(session.credentials) && !refused.has(session.credentials.accessKeyId)

  const stored = async (): Promise<(StoredSession & { name: string })[]> => {
    const names = await keychain.list()
    return names.flatMap((name) => {
      const [, key, source, expiry] = itemPattern.exec(name) ?? []
      return source === undefined
        ? []
        : [{ name, source: decodeURIComponent(source), key: key!, expiresAtMs: Number(expiry) * 1000 }]
    })
  }

  const readFromKeychain = async (step: SessionStep): Promise<MfaSession | undefined> => {
    const key = step.cacheKey
    const before = forgotten
    const items = (await stored()).filter((item) => item.key === key && isValid(item))
    for (const { name, expiresAtMs } of items.sort((a, b) => b.expiresAtMs - a.expiresAtMs)) {
      const item = await keychain.get(name)
      const session = item === undefined ? undefined : decode(item, expiresAtMs)
      if (item !== undefined && session === undefined)
        log.warn('the keychain holds a session that cannot be read', { name })
      if (forgotten !== before) return undefined
      if (!usable(session)) continue
      inMemory.set(key, { ...session, source: step.source })
      return session
    }
    return undefined
  }

  /** Removes what `isStale` picks. What cannot be removed is left: it expires by itself. */
  const sweep = async (isStale: (item: StoredSession & { name: string }) => boolean) => {
    try {
      for (const item of await stored()) if (isStale(item) || !isValid(item)) await keychain.delete(item.name)
    } catch (error) {
      log.warn('old sessions stay in the keychain', { reason: describeError(error) })
    }
  }

  return {
    async find(step) {
      const key = step.cacheKey
      const held = inMemory.get(key)
      return usable(held) ? held : reads.run(key, () => readFromKeychain(step))
    },
    async put(step, credentials, region) {
      const key = step.cacheKey
      const session = { credentials, issuedAtMs: clock.now(), region }
      inMemory.set(key, { ...session, source: step.source })
      const name = itemName(step, credentials)
      try {
        await keychain.set(name, encode(session))
      } catch (error) {
        // The code is spent: what it bought is kept at least as long as this process lives.
        log.warn('the MFA session could not be stored and ends with the daemon', { reason: describeError(error) })
        return
      }
      // Forgotten while it was being stored: nobody has seen the item yet.
      if (refused.has(credentials.accessKeyId)) return sweep((item) => item.name === name)
      await sweep((item) => item.key === key && item.name !== name)
    },
    async drop(step, credentials) {
      const key = step.cacheKey
      refused.add(credentials.accessKeyId)
      const held = inMemory.get(key)
      // A newer one has taken its place already, in the keychain too.
      if (held !== undefined && held.credentials.accessKeyId !== credentials.accessKeyId) return
      inMemory.delete(key)
      await sweep(({ name }) => name === itemName(step, credentials))
    },
    async forget(source) {
      const gone = new Set<string>()
      forgotten += 1
      for (const [key, session] of inMemory) {
        if (source !== undefined && session.source !== source) continue
        if (usable(session)) gone.add(session.source)
        // Even where the keychain cannot be changed, this session is not used again.
        refused.add(session.credentials.accessKeyId)
        inMemory.delete(key)
      }
      for (const item of await stored()) {
        if (source !== undefined && item.source !== source) continue
        if (isValid(item)) gone.add(item.source)
        await keychain.delete(item.name)
      }
      return [...gone].sort()
    },
    async list() {
      const held = [...inMemory]
        .filter(([, session]) => usable(session))
        .map(([key, { source, credentials }]) => ({ source, key, expiresAtMs: credentials.expiresAtMs }))
      try {
        const others = (await stored()).filter((item) => isValid(item) && !inMemory.has(item.key))
        return [...held, ...others.map(({ source, key, expiresAtMs }) => ({ source, key, expiresAtMs }))]
      } catch {
        // Whoever shows the list also shows the state of the keychain.
        return held
      }
    },
  }
}

function encode({ credentials, issuedAtMs, region }: MfaSession): Secret<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return new Secret(
    JSON.stringify({
      accessKeyId,
      secretAccessKey: secretAccessKey.expose(),
      sessionToken: sessionToken.expose(),
      issuedAtMs,
      region,
    }),
  )
}

function decode(item: Secret<string>, expiresAtMs: number): MfaSession | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, issuedAtMs, region } = parseJsonObject(item.expose())
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined
  if (typeof sessionToken !== 'string' || typeof issuedAtMs !== 'number') return undefined
  return {
    credentials: {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      sessionToken: new Secret(sessionToken),
      expiresAtMs,
    },
    issuedAtMs,
    ...(typeof region === 'string' ? { region } : {}),
  }
}
