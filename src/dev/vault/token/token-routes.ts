import { DevVaultError, invalidRequest } from '../errors.ts'
import type { Fields } from '../fields.ts'
import type { IdentityStore } from '../identity/identity.ts'
import type { PolicyStore } from '../policy/policies.ts'
import { dataReply, empty, listReply, type Reply } from '../reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from '../routes.ts'
import type { TokenEntry } from '../state.ts'
import { authAnswerOf, describeToken } from './token-answer.ts'
import { createFields, createToken } from './token-create.ts'
import { calculateTtl, type TtlWishes } from './token-ttl.ts'
import type { FoundToken, TokenStore } from './tokens.ts'

/** What a renewal goes by; undefined where there is nothing to go by any more. */
export type RenewalTerms = Omit<TtlWishes, 'incrementSeconds' | 'issuedAtMs'>

/** `auth/token/…`: making, looking up, renewing and revoking tokens. */
export function createTokenRoutes(deps: {
  tokens: TokenStore
  policies: PolicyStore
  identity: IdentityStore
  /** @throws {DevVaultError} INTERNAL when the user's policies have changed */
  renewalTermsOf: (entry: TokenEntry) => RenewalTerms | undefined
  now: () => number
}): readonly Route[] {
  const { tokens, identity, renewalTermsOf, now } = deps
  const entityOf = (entry: TokenEntry) => (entry.entityId === '' ? undefined : identity.find(entry.entityId))

  const create = (request: VaultRequest, fields: Fields<typeof createFields>, isOrphan: boolean) =>
    createToken({ caller: request.caller!, mount: request.mount, path: request.path, fields, isOrphan }, deps)
  const lookUp = (id: string, { entry }: FoundToken) => dataReply(describeToken(id, entry, entityOf(entry), now()))
  const renew = (id: string, token: FoundToken, incrementSeconds: number): Reply => {
    const { entry } = token
    if (entry.type === 'batch') throw invalidRequest('batch tokens cannot be renewed')
    if (!entry.renewable) throw invalidRequest('lease is not renewable')
    const terms = renewalTermsOf(entry)
    if (terms === undefined) return empty
    const { ttlSeconds, warnings } = calculateTtl({ ...terms, incrementSeconds, issuedAtMs: entry.issuedAtMs }, now())
    tokens.renew(token, ttlSeconds)
    return { type: 'auth', auth: authAnswerOf(id, entry, entityOf(entry)), warnings }
  }
  const revoke = ({ key, entry }: FoundToken): Reply => {
    if (entry.type === 'batch') throw invalidRequest('batch tokens cannot be revoked')
    tokens.revoke(key)
    return empty
  }
  const byId = (id: string | undefined): FoundToken | undefined => {
    if (id === undefined || id === '') throw invalidRequest('missing token ID')
    return tokens.find(id)
  }
  const byAccessor = (accessor = ''): FoundToken => {
    if (accessor === '') throw invalidRequest('missing accessor')
    const token = tokens.findByAccessor(accessor)
    if (token === undefined) throw invalidRequest('invalid accessor')
    return token
  }

  const lookUpById = withFields({ token: 'text' }, ({ token: id }, request) => {
    const wanted = id === undefined || id === '' ? request.tokenId! : id
    const token = byId(wanted)
    if (token === undefined) throw new DevVaultError('PERMISSION_DENIED', 'bad token')
    return lookUp(wanted, token)
  })
  const lookUpSelf = (request: VaultRequest) => lookUp(request.tokenId!, request.caller!.token)

  return [
    {
      pattern: 'create',
      update: withFields(createFields, (fields, request) => create(request, fields, false)),
    },
    {
      pattern: 'create-orphan',
      update: withFields(createFields, (fields, request) => create(request, fields, true)),
    },
    { pattern: 'lookup', read: lookUpById, update: lookUpById },
    { pattern: 'lookup-self', read: lookUpSelf, update: lookUpSelf },
    {
      pattern: 'lookup-accessor',
      update: withFields({ accessor: 'text' }, ({ accessor }) => lookUp('', byAccessor(accessor))),
    },
    {
      pattern: 'accessors',
      needsSudo: true,
      list: withFields(pageFields, (page) => listReply(tokens.accessors(), page)),
    },
    {
      pattern: 'renew-self',
      update: withFields({ token: 'text', increment: 'seconds' }, ({ increment = 0 }, request) =>
        renew(request.tokenId!, request.caller!.token, increment),
      ),
    },
    {
      pattern: 'renew',
      update: withFields({ token: 'text', increment: 'seconds' }, ({ token: id, increment = 0 }) => {
        const token = byId(id)
        if (token === undefined) throw invalidRequest('token not found')
        return renew(id!, token, increment)
      }),
    },
    {
      pattern: 'renew-accessor',
      update: withFields({ accessor: 'text', increment: 'seconds' }, ({ accessor, increment = 0 }) =>
        renew('', byAccessor(accessor), increment),
      ),
    },
    { pattern: 'revoke-self', update: ({ caller }) => revoke(caller!.token) },
    {
      pattern: 'revoke',
      update: withFields({ token: 'text' }, ({ token: id }) => {
        const token = byId(id)
        return token === undefined ? empty : revoke(token)
      }),
    },
    {
      pattern: 'revoke-accessor',
      update: withFields({ accessor: 'text' }, ({ accessor = '' }) => {
        const token = accessor === '' ? byAccessor(accessor) : tokens.findByAccessor(accessor)
        if (token !== undefined) return revoke(token)
        return { type: 'warnings', warnings: ['No token found with this accessor'] }
      }),
    },
    {
      pattern: 'revoke-orphan',
      update: withFields({ token: 'text' }, ({ token: id }, { caller, path }) => {
        if (!caller!.acl.hasSudo(path)) throw invalidRequest('root or sudo privileges required to revoke and orphan')
        const token = byId(id)
        if (token === undefined) throw invalidRequest('token to revoke not found')
        if (token.entry.type === 'batch') throw invalidRequest('batch tokens cannot be revoked')
        tokens.revokeOrphan(token.key)
        return empty
      }),
    },
  ]
}
