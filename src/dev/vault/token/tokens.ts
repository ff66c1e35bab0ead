import { invalidRequest, notBuilt } from '../errors.ts'
import { newServiceTokenId, randomBase62, tokenKey } from '../identifiers.ts'
import type { StateAccess, TokenEntry } from '../state.ts'

/** What a new token is made from; the rest follows from it. */
export type NewToken = Omit<TokenEntry, 'accessor' | 'expiresAtMs' | 'lastRenewalMs' | 'leaseTtlSeconds'> & {
  /** Chosen by a caller who may do so, else random. */
  id?: string
  accessor?: string
}

/** A token that is alive. */
export interface FoundToken {
  /** Under which it is kept; what a child names as its parent. */
  key: string
  entry: TokenEntry
}

/** The tokens and what happens to them. */
export interface TokenStore {
  /** @throws {DevVaultError} INVALID_REQUEST for an id that is taken */
  create(token: NewToken): { id: string; entry: TokenEntry }
  /** A token that is alive: known, not expired, not used up, and its parents are alive too. */
  find(id: string): FoundToken | undefined
  /** All service tokens that are alive. */
  all(): readonly FoundToken[]
  /** Counts one use of a token with a limit. The last one leaves it to be ended with `endIfUsedUp`. */
  spendUse(token: FoundToken): void
  /** Removes a token whose last use is over. */
  endIfUsedUp(token: FoundToken): void
  renew(token: FoundToken, ttlSeconds: number): void
  /** Ends a token and all that was made with it. */
  revoke(key: string): void
  /** Ends what was made by logins of a mount that is gone. */
  revokeByMount(mountUuid: string): void
  /** Drops what has expired. */
  sweep(): void
}

/** Tokens that are kept nowhere: each is its own entry, sealed, and begins with `b.`. */
export interface BatchTokens {
  seal(entry: TokenEntry): string
  /** Undefined for what this server has not sealed. */
  open(id: string): TokenEntry | undefined
}

/** Spent on its last use while that use is still answered. */
const usedUp = -1

/** The tokens, by the hash of their id. @param batchTokens undefined where there are none of those */
export function createTokenStore(
  deps: Pick<StateAccess, 'state' | 'changed'> & { now: () => number },
  batchTokens: () => BatchTokens | undefined,
): TokenStore {
  const { state, changed, now } = deps

  const isAlive = (entry: TokenEntry): boolean => {
    if (entry.expiresAtMs !== null && entry.expiresAtMs <= now()) return false
    // A child dies with its parent, even when the parent has merely expired.
    if (entry.parent === null) return true
    const parent = state.tokens[entry.parent]
    return parent !== undefined && isAlive(parent)
  }
  const drop = (key: string) => {
    delete state.tokens[key]
    changed()
  }
  const revoke = (key: string) => {
    const children = Object.keys(state.tokens).filter((child) => state.tokens[child]!.parent === key)
    drop(key)
    for (const child of children) revoke(child)
  }

  const store: TokenStore = {
    create({ id: chosenId, accessor, ...token }) {
      store.sweep()
      const expiresAtMs = token.creationTtlSeconds === 0 ? null : now() + token.creationTtlSeconds * 1000
      const rest = { ...token, expiresAtMs, lastRenewalMs: null, leaseTtlSeconds: token.creationTtlSeconds }
      if (token.type === 'batch') {
        const entry = { ...rest, accessor: '' }
        const id = batchTokens()?.seal(entry)
        if (id === undefined) throw notBuilt('a batch token')
        return { id, entry }
      }
      const id = chosenId ?? newServiceTokenId()
      if (store.find(id) !== undefined) throw invalidRequest('cannot create a token with a duplicate ID')
      const entry = { ...rest, accessor: accessor ?? randomBase62(24) }
      state.tokens[tokenKey(id)] = entry
      changed()
      return { id, entry }
    },
    find(id) {
      const key = tokenKey(id)
      const entry = id.startsWith('b.') ? batchTokens()?.open(id) : state.tokens[key]
      if (entry === undefined || entry.usesLeft === usedUp || !isAlive(entry)) return undefined
      return { key, entry }
    },
    all: () => Object.entries(state.tokens).flatMap(([key, entry]) => (isAlive(entry) ? [{ key, entry }] : [])),
    spendUse({ entry }) {
      if (entry.usesLeft === 0) return
      entry.usesLeft = entry.usesLeft === 1 ? usedUp : entry.usesLeft - 1
      changed()
    },
    endIfUsedUp({ key, entry }) {
      if (entry.usesLeft === usedUp) revoke(key)
    },
    renew({ entry }, ttlSeconds) {
      entry.leaseTtlSeconds = ttlSeconds
      entry.expiresAtMs = now() + ttlSeconds * 1000
      entry.lastRenewalMs = now()
      changed()
    },
    revoke,
    revokeByMount(mountUuid) {
      for (const [key, entry] of Object.entries(state.tokens)) if (entry.login?.mountUuid === mountUuid) revoke(key)
    },
    sweep() {
      for (const [key, entry] of Object.entries(state.tokens)) if (!isAlive(entry)) drop(key)
    },
  }
  return store
}

/** What a lookup shows as the uses that are left. */
export function shownUses(entry: TokenEntry): number {
  return Math.max(entry.usesLeft, 0)
}
