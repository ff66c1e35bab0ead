import type { Plugin, VaultCore } from '../../../../src/dev/vault/backend.ts'
import { deniedByPolicy, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { parseVaultDuration } from '../../../../src/dev/vault/go-duration.ts'
import { newUuid, randomBase62, tokenKey } from '../../../../src/dev/vault/identifiers.ts'
import { wrappingPolicy } from '../../../../src/dev/vault/policy/policies.ts'
import { dataReply, emptyEnvelope, envelopeOf, type Reply } from '../../../../src/dev/vault/reply.ts'
import { type Handler, type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { table } from '../../../../src/dev/vault/tables.ts'
import { isoTime } from '../../../../src/dev/vault/token/token-answer.ts'
import type { FoundToken } from '../../../../src/dev/vault/token/tokens.ts'

/** An answer that waits for the holder of its token. */
interface WrappedAnswer {
  creationPath: string
  createdAtMs: number
  ttlSeconds: number
  /** The answer that was wrapped, without its request id. */
  answer: Readonly<Record<string, unknown>>
}

/** What stands for a wrapped answer, with Vault's own names. */
export interface WrapInfo {
  token: string
  accessor: string
  ttl: number
  creation_time: string
  creation_path: string
  wrapped_accessor?: string
}

const header = 'x-vault-wrap-ttl'

/** Response wrapping: `sys/wrapping/…` and what the header `X-Vault-Wrap-TTL` asks for. */
export const wrapping: Plugin = (core) => {
  const { tokens, callers, part } = core
  const wrapped = part('wrapped', () => table<WrappedAnswer>())

  /** One text for a token that never was, is used up, has expired, or wraps nothing. */
  const find = (request: VaultRequest, given: string | undefined): { token: FoundToken; wrapped: WrappedAnswer } => {
    const id = given === undefined || given === '' ? request.tokenId : given
    const token = id === undefined ? undefined : tokens.find(id)
    const answer = token === undefined ? undefined : wrapped[token.key]
    if (token !== undefined && answer !== undefined) return { token, wrapped: answer }
    throw invalidRequest('wrapping token is not valid or does not exist')
  }
  /** A caller that names the wrapping token in the body calls with a token of its own. */
  const findForCaller = (request: VaultRequest, given: string | undefined) => {
    if (given !== undefined && given !== '' && given !== request.tokenId) {
      const { acl } = callers.authenticate(request.tokenId, request.remoteAddress)
      if (!acl.allows(request.path, 'update')) throw deniedByPolicy()
    }
    return find(request, given)
  }
  const isKept = (request: VaultRequest) => ttlOf(request.header(header)) !== undefined
  const wrapReply = (handler: Handler | undefined): Handler | undefined =>
    handler && (async (request) => wrapIfAsked(core, wrapped, request, await handler(request)))

  return {
    headers: [header],
    intercept(call) {
      ttlOf(call.header(header))
      return undefined
    },
    decorate: (_type, route) => ({
      ...route,
      ...Object.fromEntries(
        (['read', 'list', 'update', 'delete'] as const).map((operation) => [operation, wrapReply(route[operation])]),
      ),
    }),
    routes: {
      system: [
        {
          pattern: 'wrapping/wrap',
          update(request): Reply {
            if (!isKept(request)) throw invalidRequest('endpoint requires response wrapping to be used')
            return dataReply(request.data)
          },
        },
        {
          pattern: 'wrapping/lookup',
          isUnauthenticated: true,
          update: withFields({ token: 'text' }, ({ token }, request) => {
            const { wrapped: answer } = find(request, token)
            return dataReply({
              creation_path: answer.creationPath,
              creation_time: isoTime(answer.createdAtMs),
              creation_ttl: answer.ttlSeconds,
            })
          }),
        },
        {
          pattern: 'wrapping/unwrap',
          isUnauthenticated: true,
          update: withFields({ token: 'text' }, ({ token: given }, request): Reply => {
            const { token, wrapped: answer } = findForCaller(request, given)
            tokens.revoke(token.key)
            delete wrapped[token.key]
            return { type: 'envelope', envelope: { ...answer.answer, request_id: newUuid() } }
          }),
        },
      ],
    },
  }
}

function ttlOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = parseVaultDuration(text)
  if (seconds === undefined || seconds < 0) throw invalidRequest(`invalid wrap TTL ${JSON.stringify(text)}`)
  return seconds === 0 ? undefined : seconds
}

/** Puts an answer away behind a token that is good for one use. */
function wrapIfAsked(
  { tokens, changed, now, state }: VaultCore,
  wrapped: Record<string, WrappedAnswer>,
  { path, header: headerOf }: VaultRequest,
  reply: Reply,
): Reply {
  const [ttlSeconds, answer] = [ttlOf(headerOf(header)), envelopeOf(reply)]
  if (ttlSeconds === undefined || answer === undefined) return reply
  for (const key of Object.keys(wrapped)) if (state.tokens[key] === undefined) delete wrapped[key]
  const { id, entry } = tokens.create({
    type: 'service',
    parent: null,
    path,
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
  wrapped[tokenKey(id)] = { answer, creationPath: path, ttlSeconds, createdAtMs: now() }
  changed()
  const accessor = accessorIn(reply)
  const info: WrapInfo = {
    token: id,
    accessor: entry.accessor,
    ttl: ttlSeconds,
    creation_time: isoTime(now()),
    creation_path: path,
    ...(accessor === undefined || accessor === '' ? {} : { wrapped_accessor: accessor }),
  }
  return { type: 'envelope', envelope: { ...emptyEnvelope, wrap_info: info } }
}

/** The accessor of the token or secret id inside, which the answer in its place names. */
function accessorIn(reply: Reply): string | undefined {
  if (reply.type === 'auth') return reply.auth.accessor
  if (reply.type !== 'data' || !('secret_id' in reply.data)) return undefined
  const { secret_id_accessor: accessor } = reply.data
  return typeof accessor === 'string' ? accessor : undefined
}
