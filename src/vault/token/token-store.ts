import * as v from 'valibot'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import { expiresAtMs, type LeasedToken } from './token-lease.ts'

/** Keeps the token of one vault in the keychain, so that a restart of the daemon needs no new login. */
export interface TokenStore {
  /**
   * The token that was stored for the same server and the same login; it may have expired meanwhile.
   * @throws {KeychainError} the keychain cannot answer
   */
  load(): Promise<LeasedToken | undefined>
  /**
   * Stores a token. A keychain that fails is logged and kept as `lastError`: the token lives in memory only, until the
   * keychain answers again and takes it.
   */
  save(grant: LeasedToken): Promise<void>
  /** @throws {KeychainError} it is removed when the keychain answers again */
  forget(): Promise<void>
  /** What the last use of the keychain failed with; undefined after one that worked, and once it has been made good. */
  lastError(): unknown
}

const storedSchema = v.strictObject({
  version: v.literal(1),
  /** A token of another server, namespace or user must not be sent to this one. */
  madeFor: v.string(),
  token: v.custom<string>(isPrintable),
  life: v.strictObject({
    displayName: v.string(),
    policies: v.array(v.string()),
    /** Absent from items that were stored before owners were. */
    owner: v.optional(v.string(), ''),
    grantedAtMs: v.number(),
    leaseSeconds: v.number(),
    isRenewable: v.boolean(),
    isLimited: v.boolean(),
    isBatch: v.boolean(),
  }),
})

/** Which token is stored where. */
export interface TokenStoreOptions {
  keychain: LastingKeychain
  /** The server's name in the configuration. */
  vault: string
  /** Server and login that the token belongs to; see `VaultClient.destination`, `LoginRequest.identity`. */
  madeFor: string
  clock: Clock
  log: Logger
}

/** A store of one item, `vault/NAME/token`, in JSON. */
export function createTokenStore({ keychain, vault, madeFor, clock, log }: TokenStoreOptions): TokenStore {
  const item = `vault/${vault}/token`
  const reads = createLastOutcome(clock)
  const changes = createLastOutcome(clock)
  /** Shared by all who ask before it ends, however slow the keychain is. */
  let reading: Promise<LeasedToken | undefined> | undefined
  const read = async (): Promise<LeasedToken | undefined> => {
    const text = await reads.note(() => keychain.get(item))
    if (text === undefined) return undefined
    const stored = parseStored(text)
    if (stored === undefined) log.warn('the stored vault token cannot be read and is ignored', { vault })
    else if (stored.madeFor !== madeFor) log.info('the stored vault token belongs to another server or user', { vault })
    else return { token: new Secret(stored.token), lease: stored.life }
    return undefined
  }

  /** A change that works shows that the keychain can be read again, too. */
  const change = async (call: () => Promise<void>): Promise<void> => {
    await changes.note(call)
    reads.succeeded()
  }

  return {
    load() {
      reading ??= read().finally(() => {
        reading = undefined
      })
      return reading
    },
    async save({ token, lease }) {
      const text = JSON.stringify({ version: 1, madeFor, token: token.expose(), life: lease })
      await change(() => keychain.keep(item, new Secret(text), expiresAtMs(lease))).catch((error: unknown) => {
        log.warn('the vault token is kept in memory only, until the keychain takes it', {
          vault,
          reason: describeError(error),
        })
      })
    },
    forget: () => change(() => keychain.discard(item)),
    lastError: () => reads.error() ?? (keychain.owes(item) ? changes.error() : undefined),
  }
}

function parseStored(text: Secret<string>): v.InferOutput<typeof storedSchema> | undefined {
  try {
    const result = v.safeParse(storedSchema, JSON.parse(text.expose()))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}
