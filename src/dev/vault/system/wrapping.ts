import { deniedByPolicy, invalidRequest } from '../errors.ts'
import { randomBase62, tokenKey } from '../identifiers.ts'
import { wrappingPolicy } from '../policy/policies.ts'
import { dataReply, type Reply, type WrapInfo } from '../reply.ts'
import { type Route, type VaultRequest, withFields } from '../routes.ts'
import type { DevVaultState, WrappedAnswer } from '../state.ts'
import type { Callers } from '../token/callers.ts'
import { isoTime } from '../token/token-answer.ts'
import type { FoundToken, TokenStore } from '../token/tokens.ts'

/** What is to be wrapped. */
export interface WrapWishes {
  answer: Readonly<Record<string, unknown>>
  creationPath: string
  ttlSeconds: number
  /** Accessor of the token or secret id inside. */
  accessor?: string | undefined
}

/** Puts answers away until their holder asks. */
export interface Wrapping {
  /** Puts an answer away behind a token that is good for one use. */
  wrap(wishes: WrapWishes): WrapInfo
  routes: readonly Route[]
}

/** Response wrapping: `sys/wrapping/…` and what the header `X-Vault-Wrap-TTL` asks for. */
export function createWrapping(deps: {
  state: Pick<DevVaultState, 'wrapped'>
  changed: () => void
  tokens: TokenStore
  callers: Callers
  now: () => number
}): Wrapping {
  const { state, changed, tokens, callers, now } = deps

  const wrap = ({ answer, creationPath, ttlSeconds, accessor }: WrapWishes): WrapInfo => {
    const { id, entry } = tokens.create({
      type: 'service',
      parent: null,
      path: creationPath,
      policies: [wrappingPolicy],
      meta: null,
      displayName: '',
      usesLeft: 1,
      issuedAtMs: now(),
      creationTtlSeconds: ttlSeconds,
      explicitMaxTtlSeconds: ttlSeconds,
      periodSeconds: 0,
      renewable: false,
      entityId: '',
      boundCidrs: [],
      login: null,
      accessor: randomBase62(24),
    })
    state.wrapped[tokenKey(id)] = { answer, creationPath, ttlSeconds, createdAtMs: now() }
    changed()
    return {
      token: id,
      accessor: entry.accessor,
      ttl: ttlSeconds,
      creation_time: isoTime(now()),
      creation_path: creationPath,
      ...(accessor === undefined || accessor === '' ? {} : { wrapped_accessor: accessor }),
    }
  }
  /** One text for a token that never was, is used up, has expired, or wraps nothing. */
  const find = (request: VaultRequest, given: string | undefined): { token: FoundToken; wrapped: WrappedAnswer } => {
    const id = given === undefined || given === '' ? request.tokenId : given
    const token = id === undefined ? undefined : tokens.find(id)
    const wrapped = token === undefined ? undefined : state.wrapped[token.key]
    if (token !== undefined && wrapped !== undefined) return { token, wrapped }
    throw invalidRequest('wrapping token is not valid or does not exist')
  }
  /** Whoever names the wrapping token in the body calls with a token of their own. */
  const findForCaller = (request: VaultRequest, given: string | undefined) => {
    if (given !== undefined && given !== '' && given !== request.tokenId) {
      const { acl } = callers.authenticate(request.tokenId, request.remoteAddress)
      if (!acl.allows(request.path, 'update')) throw deniedByPolicy()
    }
    return find(request, given)
  }

  return {
    wrap,
    routes: [
      {
        pattern: 'wrapping/wrap',
        update(request): Reply {
          if (request.wrapTtlSeconds === undefined) {
            throw invalidRequest('endpoint requires response wrapping to be used')
          }
          return dataReply(request.data)
        },
      },
      {
        pattern: 'wrapping/lookup',
        isUnauthenticated: true,
        update: withFields({ token: 'text' }, ({ token }, request) => {
          const { wrapped } = find(request, token)
          return dataReply({
            creation_path: wrapped.creationPath,
            creation_time: isoTime(wrapped.createdAtMs),
            creation_ttl: wrapped.ttlSeconds,
          })
        }),
      },
      {
        pattern: 'wrapping/unwrap',
        isUnauthenticated: true,
        update: withFields({ token: 'text' }, ({ token: given }, request): Reply => {
          const { token, wrapped } = findForCaller(request, given)
          tokens.revoke(token.key)
          return { type: 'stored', answer: wrapped.answer }
        }),
      },
    ],
  }
}
