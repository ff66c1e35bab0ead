import { type FieldKinds, type Fields, readFields, warnOfUnknownFields } from './fields.ts'
import type { Operation } from './policy/acl.ts'
import type { Reply } from './reply.ts'
import type { MountEntry } from './state.ts'
import type { Caller } from './token/callers.ts'

/** A call that has reached its mount. */
export interface VaultRequest {
  operation: Operation
  /** Without `/v1/`: `ssh/sign/ops`. */
  path: string
  mount: MountEntry
  /** The parts of the path that the route names. */
  params: Readonly<Record<string, string>>
  /** The body, or the query of a call without one. */
  data: Readonly<Record<string, unknown>>
  /** Absent on a path that needs no token. */
  caller: Caller | undefined
  /** The token as it was sent, for the few paths that look at it themselves. */
  tokenId: string | undefined
  remoteAddress: string
  /** A header by its name in lower case. */
  header(name: string): string | undefined
}

/** Answers a call. @throws {DevVaultError} for a refusal */
export type Handler = (request: VaultRequest) => Reply | Promise<Reply>

/** A path and what it does at each operation. */
export interface Route {
  /** Below the mount: `sign/{role}`. `{x}` is a name, `{x@}` one that may hold an @, `{x*}` all the rest. */
  pattern: string
  /** Anyone may call it, such as a login. */
  isUnauthenticated?: boolean
  /** Only a token with `sudo` on the path. */
  needsSudo?: boolean
  /** Tells a create from an update where policies distinguish them. */
  exists?: (request: VaultRequest) => boolean
  read?: Handler
  list?: Handler
  update?: Handler
  delete?: Handler
}

/** A handler whose fields are read for it; it warns about fields that are not in `kinds`, as Vault does. */
export function withFields<S extends FieldKinds>(
  kinds: S,
  handle: (fields: Fields<S>, request: VaultRequest) => Reply | Promise<Reply>,
): Handler {
  return async (request) => {
    const reply = await handle(readFields(kinds, request.data), request)
    const warning = warnOfUnknownFields(kinds, Object.keys(request.params), request.data)
    if (warning === undefined) return reply
    // A setting that a role does not have must not look as if it were set.
    if (reply.type === 'empty' && request.operation === 'update') return { type: 'warnings', warnings: [warning] }
    if (reply.type !== 'data' && reply.type !== 'auth') return reply
    return { ...reply, warnings: [...(reply.warnings ?? []), warning] }
  }
}

/** The fields by which OpenBao pages its lists. */
export const pageFields = { after: 'text', limit: 'integer', list: 'boolean' } as const

const parameterPattern = { '': String.raw`\w(?:[\w.-]*\w)?`, '@': String.raw`\w(?:[\w.@-]*\w)?`, '*': '.+' } as const

/** Finds the route for what follows the mount's path. */
export function matchRoute(
  routes: readonly Route[],
  rest: string,
): { route: Route; params: Record<string, string> } | undefined {
  const path = rest.replace(/\/+$/, '')
  for (const route of routes) {
    const groups = compilePattern(route.pattern).exec(path)
    if (groups !== null) return { route, params: { ...groups.groups } }
  }
  return undefined
}

const compiled = new Map<string, RegExp>()

function compilePattern(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const source = pattern
    .split(/(\{\w+[@*]?\})/)
    .map((part) => {
      const [, name, kind] = /^\{(\w+)([@*]?)\}$/.exec(part) ?? []
      if (name === undefined) return part.replace(/[.]/g, String.raw`\.`)
      return `(?<${name}>${kind === '@' || kind === '*' ? parameterPattern[kind] : parameterPattern['']})`
    })
    .join('')
  const expression = new RegExp(`^${source}$`)
  compiled.set(pattern, expression)
  return expression
}
