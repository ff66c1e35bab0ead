import type { Backends } from './backends.ts'
import { DevVaultError, deniedByPolicy, invalidRequest, oneErrorOccurred, unsupportedPath } from './errors.ts'
import { parseVaultDuration } from './go-duration.ts'
import type { Operation } from './policy/acl.ts'
import { type Answer, answerOf, envelopeOf, errorAnswer, type Reply } from './reply.ts'
import { matchRoute, type Route, type VaultRequest } from './routes.ts'
import type { Seal } from './system/seal.ts'
import type { StatusCall } from './system/status.ts'
import type { Caller } from './token/callers.ts'

/** A call as it came over HTTP. */
export interface VaultCall {
  method: string
  /** Decoded, without `/v1/`. */
  path: string
  query: URLSearchParams
  /** Undefined when it is no JSON object; the reason is then in `bodyError`. */
  body: Readonly<Record<string, unknown>> | undefined
  bodyError: string | undefined
  tokenId: string | undefined
  wrapTtl: string | undefined
  namespace: string
  /** Names of headers that ask for something that is not built. */
  unsupported: readonly string[]
  remoteAddress: string
}

/**
 * Takes a call through the server as Vault does: status, seal, mount, token, policy, route, handler, wrapping.
 * Every refusal becomes an answer; only a defect of this server is thrown.
 */
export function createDispatcher(deps: {
  backends: Backends
  seal: Seal
  status: (call: StatusCall) => Answer | undefined
}): (call: VaultCall) => Promise<Answer> {
  const { seal, status } = deps
  return async (call) => {
    const answer = status({ ...call, body: call.body ?? {} })
    if (answer !== undefined) return answer
    try {
      if (seal.isSealed()) throw new DevVaultError('SEALED', 'Vault is sealed')
      return await dispatch(deps.backends, call)
    } catch (error) {
      if (error instanceof DevVaultError) return errorAnswer(error.status, error.message)
      throw error
    }
  }
}

async function dispatch(backends: Backends, call: VaultCall): Promise<Answer> {
  refuseWhatIsNotBuilt(call)
  if (call.body === undefined) throw invalidRequest(`failed to decode JSON input: ${call.bodyError}`)
  const operation = operationOf(call)
  const path = call.path.replace(/\/+$/, '')
  if (path.split('/').includes('..')) throw invalidRequest('path cannot contain parent references')
  const mount = backends.mounts.of(path)
  const found = mount === undefined ? undefined : matchRoute(backends.routes[mount.type], path.slice(mount.path.length))
  const route = found?.route
  const isOpen = route?.isUnauthenticated === true
  const caller = isOpen ? undefined : backends.callers.authenticate(call.tokenId, call.remoteAddress)
  if (caller !== undefined) backends.tokens.spendUse(caller.token)
  try {
    const isBodiless = operation === 'read' || operation === 'list' || operation === 'delete'
    const request = {
      operation,
      path,
      mount: mount ?? missingMount,
      params: found?.params ?? {},
      data: isBodiless ? { ...Object.fromEntries(call.query), ...call.body } : call.body,
      caller,
      tokenId: call.tokenId,
      remoteAddress: call.remoteAddress,
      wrapTtlSeconds: wrapTtlOf(call.wrapTtl),
    }
    if (caller !== undefined) checkPolicy(caller, request, route)
    if (mount === undefined) {
      throw new DevVaultError('NOT_FOUND', `no handler for route "${path}". route entry not found.`)
    }
    const reply = await handle(route, request)
    return answerOf(wrapIfAsked(backends, request, reply), operation === 'read' || operation === 'list')
  } catch (error) {
    throw isOpen ? error : asCollected(error)
  } finally {
    if (caller !== undefined) backends.tokens.endIfUsedUp(caller.token)
  }
}

/** Stands for the mount of a path that has none; such a request gets no further than its policy. */
const missingMount: VaultRequest['mount'] = {
  path: '',
  type: 'system',
  accessor: '',
  uuid: '',
  description: '',
  defaultLeaseSeconds: 0,
  maxLeaseSeconds: 0,
  listingVisibility: '',
  options: null,
  local: false,
  sealWrap: false,
}

/** A header that asks for something else than the call alone must not be passed over. */
function refuseWhatIsNotBuilt(call: VaultCall): void {
  const namespace = call.namespace.replace(/^\/+|\/+$/g, '')
  if (namespace !== '' && namespace !== 'root') throw new DevVaultError('NOT_FOUND', 'namespace not found')
  if (call.unsupported.length > 0) {
    const names = call.unsupported.join(', ')
    throw new DevVaultError('UNSUPPORTED_PATH', `unsupported path: ${names} is not built into the development server`)
  }
}

function operationOf({ method, query }: VaultCall): Operation {
  switch (method) {
    case 'GET':
      // Any truth of Go's: clients say list=true and list=1.
      return /^(1|t|true|T|TRUE|True)$/.test(query.get('list') ?? '') ? 'list' : 'read'
    case 'LIST':
      return 'list'
    case 'POST':
    case 'PUT':
      return 'update'
    case 'DELETE':
      return 'delete'
    case 'PATCH':
      return 'patch'
  }
  throw new DevVaultError('UNSUPPORTED_OPERATION', '')
}

function checkPolicy(caller: Caller, request: VaultRequest, route: Route | undefined): void {
  const isNew = request.operation === 'update' && route?.exists !== undefined && !route.exists(request)
  const isAllowed = caller.acl.allows(request.path, isNew ? 'create' : request.operation)
  if (!isAllowed || (route?.needsSudo === true && !caller.acl.hasSudo(request.path))) throw deniedByPolicy()
}

async function handle(route: Route | undefined, request: VaultRequest): Promise<Reply> {
  if (route === undefined) throw unsupportedPath()
  const { operation } = request
  const handler = operation === 'create' || operation === 'patch' ? undefined : route[operation]
  if (handler === undefined) throw new DevVaultError('UNSUPPORTED_OPERATION', 'unsupported operation')
  return await handler(request)
}

function wrapTtlOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return undefined
  const seconds = parseVaultDuration(header)
  if (seconds === undefined || seconds < 0) throw invalidRequest(`invalid wrap TTL ${JSON.stringify(header)}`)
  return seconds === 0 ? undefined : seconds
}

function wrapIfAsked(backends: Backends, { path, wrapTtlSeconds }: VaultRequest, reply: Reply): Reply {
  const answer = envelopeOf(reply)
  if (wrapTtlSeconds === undefined || answer === undefined) return reply
  const accessor = reply.type === 'data' ? reply.accessor : reply.type === 'auth' ? reply.auth.accessor : undefined
  const wishes = { answer, creationPath: path, ttlSeconds: wrapTtlSeconds, accessor }
  return { type: 'wrapped', wrapInfo: backends.wrapping.wrap(wishes) }
}

/** Behind a token Vault collects errors that are not answers, and prints them as a list of one. */
function asCollected(error: unknown): unknown {
  if (!(error instanceof DevVaultError)) return error
  const isPlain =
    error.code !== 'INTERNAL' && error.code !== 'UNSUPPORTED_PATH' && error.code !== 'UNSUPPORTED_OPERATION'
  if (isPlain || error.message === '') return error
  return new DevVaultError(error.code, oneErrorOccurred(error.message), { cause: error })
}
