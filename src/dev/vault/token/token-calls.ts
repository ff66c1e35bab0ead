import { DevVaultError, invalidRequest, oneErrorOccurred } from '../errors.ts'
import type { Identities } from '../identities.ts'
import { dataReply, empty, type Reply } from '../reply.ts'
import type { TokenEntry } from '../state.ts'
import { authAnswerOf, describeToken } from './token-answer.ts'
import { calculateTtl, type TtlWishes } from './token-ttl.ts'
import type { FoundToken, TokenStore } from './tokens.ts'

/** What decides a renewal. */
export type RenewalTerms = Omit<TtlWishes, 'incrementSeconds' | 'issuedAtMs'>

/** What can be done with a token, however it is named. */
export interface TokenCalls {
  lookUp(id: string, token: FoundToken): Reply
  renew(id: string, token: FoundToken, incrementSeconds: number): Reply
  revoke(token: FoundToken): Reply
}

/** Looks up, renews and revokes. */
export function createTokenCalls(deps: {
  tokens: TokenStore
  identities: Identities
  now: () => number
  /** Undefined where nothing is left to decide it. @throws {DevVaultError} where it must not be renewed */
  renewalTermsOf: (entry: TokenEntry) => RenewalTerms | undefined
}): TokenCalls {
  const { tokens, identities, now, renewalTermsOf } = deps
  return {
    lookUp: (id, { entry }) => dataReply(describeToken(id, entry, identities.policiesOf(entry.entityId), now())),
    renew(id, token, incrementSeconds) {
      const { entry } = token
      if (!entry.renewable) throw invalidRequest('lease is not renewable')
      const terms = renewing(() => renewalTermsOf(entry))
      if (terms === undefined) return empty
      const { ttlSeconds, warnings } = calculateTtl({ ...terms, incrementSeconds, issuedAtMs: entry.issuedAtMs }, now())
      tokens.renew(token, ttlSeconds)
      return { type: 'auth', auth: authAnswerOf(id, entry, identities.policiesOf(entry.entityId)), warnings }
    },
    revoke({ key }) {
      tokens.revoke(key)
      return empty
    },
  }
}

/** What a login method has against a renewal is passed on in words of the server's, unless it is an answer of its own. */
function renewing<T>(decide: () => T): T {
  try {
    return decide()
  } catch (error) {
    if (!(error instanceof DevVaultError)) throw error
    const said = `failed to renew entry: ${error.message}`
    if (error.code === 'INTERNAL') throw new DevVaultError('INTERNAL', said, { cause: error })
    if (error.code === 'INVALID_CREDENTIALS')
      throw new DevVaultError(error.code, oneErrorOccurred(said), { cause: error })
    throw error
  }
}
