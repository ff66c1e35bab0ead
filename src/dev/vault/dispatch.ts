import type { VaultCore } from './backend.ts'
import type { Backends } from './backends.ts'
import type { VaultCall } from './call.ts'
import { DevVaultError, deniedByPolicy, invalidRequest, oneErrorOccurred, unsupportedPath } from './errors.ts'
import type { Operation } from './policy/acl.ts'
import { type Answer, answerOf, errorAnswer, type Reply } from './reply.ts'
import { matchRoute, type Route, type VaultRequest } from './routes.ts'
import { newMount } from './system/mounts.ts'
import { statusAnswer } from './system/status.ts'
import type { Caller } from './token/callers.ts'

/** A login in the headers, codes for login MFA, wrapping: a client that sends these relies on them. */
const decisiveHeaders = ['X-Vault-Inline-Auth-Path', 'X-Vault-MFA', 'X-Vault-Wrap-TTL']

/**
 * Takes a call through the server as Vault does: status, mount, token, policy, route, handler.
 * Every refusal becomes an answer; only a defect of this server is thrown.
 */
export function createDispatcher(backends: Backends): (call: VaultCall) => Promise<Answer> {
  const { additions, state, now } = backends.core
  const innermost = async (call: VaultCall): Promise<Answer> => {
    try {
      for (const { intercept } of additions) {
        const answer = intercept?.(call)
        if (answer !== undefined) return answer
      }
      return statusAnswer(state, call, now()) ?? (await dispatch(backends, call))
    } catch (error) {
      if (error instanceof DevVaultError) return errorAnswer(error.status, error.message)
      throw error
    }
  }
  return (call) =>
    additions.reduce<(call: VaultCall) => Promise<Answer>>(
      (next, { around }) => (around === undefined ? next : (each) => around(each, next)),
      innermost,
    )(call)
}

async function dispatch({ core, routesOf }: Backends, call: VaultCall): Promise<Answer> {
  refuseWhatIsNotBuilt(core, call)
  if (call.body === undefined) throw invalidRequest('failed to decode JSON input: not an object')
  const operation = operationOf(call)
  const path = call.path.replace(/\/+$/, '')
  if (path.split('/').includes('..')) throw invalidRequest('path cannot contain parent references')
  const mount = core.mounts.of(path)
  const found = mount === undefined ? undefined : matchRoute(routesOf(mount.type), path.slice(mount.path.length))
  const route = found?.route
  const isOpen = route?.isUnauthenticated === true
  const caller = isOpen ? undefined : core.callers.authenticate(call.tokenId, call.remoteAddress)
  if (caller !== undefined) core.tokens.spendUse(caller.token)
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
      header: call.header,
    }
    if (caller !== undefined) checkPolicy(caller, request, route)
    if (mount === undefined) {
      throw new DevVaultError('NOT_FOUND', `no handler for route "${path}". route entry not found.`)
    }
    return answerOf(await handle(route, request), operation === 'read' || operation === 'list')
  } catch (error) {
    throw isOpen ? error : asCollected(error)
  } finally {
    if (caller !== undefined) core.tokens.endIfUsedUp(caller.token)
  }
}

/** Stands in for the mount of a path that has none; such a request gets no further than its policy. */
const missingMount = newMount('', 'system', {}, { prefix: '' })

/** A header that asks for more than the call itself must not be ignored. */
function refuseWhatIsNotBuilt({ additions }: VaultCore, call: VaultCall): void {
  const namespace = (call.header('x-vault-namespace') ?? '').replace(/^\/+|\/+$/g, '')
  if (namespace !== '' && namespace !== 'root') throw new DevVaultError('NOT_FOUND', 'namespace not found')
  const understood = additions.flatMap(({ headers = [] }) => headers)
  const names = decisiveHeaders.filter((name) => {
    const key = name.toLowerCase()
    return !understood.includes(key) && call.header(key) !== undefined
  })
  if (names.length > 0) {
    throw new DevVaultError(
      'UNSUPPORTED_PATH',
      `unsupported path: ${names.join(', ')} is not built into the development server`,
    )
  }
}

const operations: ReadonlyMap<string, Operation> = new Map([
  ['GET', 'read'],
  ['LIST', 'list'],
  ['POST', 'update'],
  ['PUT', 'update'],
  ['DELETE', 'delete'],
  ['PATCH', 'patch'],
])

function operationOf({ method, query }: VaultCall): Operation {
  const operation = operations.get(method)
  if (operation === undefined) throw new DevVaultError('UNSUPPORTED_OPERATION', '')
  // Anything that Go takes for true: clients send list=true and list=1.
  const isList = operation === 'read' && /^(1|t|true|T|TRUE|True)$/.test(query.get('list') ?? '')
  return isList ? 'list' : operation
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

/** Behind a token Vault collects errors that are not answers, and prints them as a list of one. */
function asCollected(error: unknown): unknown {
  if (!(error instanceof DevVaultError)) return error
  const isPlain =
    error.code !== 'INTERNAL' && error.code !== 'UNSUPPORTED_PATH' && error.code !== 'UNSUPPORTED_OPERATION'
  if (isPlain || error.message === '') return error
  return new DevVaultError(error.code, oneErrorOccurred(error.message), { cause: error })
}
