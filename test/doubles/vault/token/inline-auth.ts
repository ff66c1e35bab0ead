import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import type { VaultCall } from '../../../../src/dev/vault/call.ts'
import { type Answer, errorAnswer } from '../../../../src/dev/vault/reply.ts'

const pathHeader = 'x-vault-inline-auth-path'
const operationHeader = 'x-vault-inline-auth-operation'
const namespaceHeader = 'x-vault-inline-auth-namespace'
const parameterPrefix = 'x-vault-inline-auth-parameter-'

/** Operations that a login may be, by OpenBao's names for them. */
const methods: Readonly<Record<string, string>> = { create: 'POST', update: 'POST', read: 'GET' }

/** What needs no token of its own: the rest is refused before a method sees it. */
const loginPath = /^auth\/(?!token\/).+\/(login|oidc\/\w+)(\/|$)/

/** What is asked about a token that is stored nowhere; tried against OpenBao df6ce2c. */
const ownTokenAnswers: Readonly<Record<string, readonly [status: number, text: string]>> = {
  'auth/token/lookup-self': [403, 'bad token'],
  'auth/token/renew-self': [400, 'token not found'],
  'auth/token/create': [400, 'parent token lookup failed: no parent found'],
  'sys/capabilities-self': [400, '1 error occurred:\n\t* invalid token\n\n'],
}

/** A login within a request of OpenBao, in headers (`handleInlineAuth` of vault/request_handling.go). */
export const inlineAuth: Plugin = ({ mounts, tokens }) => ({
  headers: [pathHeader],
  async around(call, next) {
    const path = call.header(pathHeader)
    if (path === undefined) return next(call)
    const login = loginCall(call, path)
    if (typeof login === 'string') return failed(500, login)
    const answer = await next(login)
    const token = tokenOf(answer)
    if (token === undefined) return refused(answer, mounts.of(path) !== undefined && loginPath.test(path))
    try {
      // A batch token is all in its own text, and can be found.
      const own = token.startsWith('b.') ? undefined : ownTokenAnswers[call.path]
      if (own !== undefined) return errorAnswer(...own)
      return await next({ ...call, tokenId: token, header: without(call, ['x-vault-mfa']) })
    } finally {
      const found = tokens.find(token)
      if (found?.entry.type === 'service') tokens.revoke(found.key)
    }
  },
})

/** The login as a call of its own, or what is wrong with the headers. */
function loginCall(call: VaultCall, path: string): VaultCall | string {
  if (call.tokenId !== undefined) return 'cannot layer inline authentication with token authentication'
  const operation = call.header(operationHeader) ?? 'update'
  if (!Object.hasOwn(methods, operation)) return `expected a valid login operation in ${canonical(operationHeader)}`
  const parameters: Record<string, unknown> = {}
  for (const name of call.headerNames.filter((each) => each.startsWith(parameterPrefix))) {
    const parameter = parameterIn(call.header(name) ?? '')
    if (typeof parameter === 'string') return parameter
    parameters[parameter.key] = parameter.value
  }
  const namespace = call.header(namespaceHeader) ?? call.header('x-vault-namespace')
  const header = without(call, ['x-vault-wrap-ttl'])
  return {
    ...call,
    method: methods[operation]!,
    path,
    query: new URLSearchParams(),
    body: parameters,
    text: JSON.stringify(parameters),
    header: (name) => (name === 'x-vault-namespace' ? namespace : header(name)),
  }
}

function parameterIn(header: string): { key: string; value: unknown } | string {
  if (!/^[\w-]*$/.test(header)) return 'failed raw url-safe base64 decoding header value'
  let parameter: unknown
  try {
    parameter = JSON.parse(Buffer.from(header, 'base64url').toString())
  } catch {
    return 'failed json decoding header value'
  }
  if (typeof parameter !== 'object' || parameter === null || Array.isArray(parameter)) {
    return 'failed json decoding header value'
  }
  if (!('key' in parameter)) return 'decoded header lacked `key` field'
  const { key } = parameter
  if (typeof key !== 'string') return 'decoded header had incorrect type for `key` field'
  if (!('value' in parameter)) return 'decoded header lacked `value` field'
  if (Object.keys(parameter).length !== 2) return 'unexpected field in decoded request parameter'
  return { key, value: parameter.value }
}

/** The headers of a call without some, and without those of the login. */
function without(call: VaultCall, names: readonly string[]): VaultCall['header'] {
  return (name) => (names.includes(name) || name.startsWith('x-vault-inline-auth-') ? undefined : call.header(name))
}

interface LoginBody {
  auth?: { client_token: string; mfa_requirement: unknown } | null
  errors?: readonly string[]
}

const bodyOf = ({ body }: Answer): LoginBody => (body === '' ? {} : JSON.parse(body))

function tokenOf(answer: Answer): string | undefined {
  const { auth } = bodyOf(answer)
  return auth == null || auth.client_token === '' ? undefined : auth.client_token
}

/**
 * What the method itself answers comes with a header; what fails in it or around it (a lockout, a missing field) has no
 * answer, and gets words in front.
 */
function refused(answer: Answer, isLogin: boolean): Answer {
  const { auth, errors = [] } = bodyOf(answer)
  if (answer.status === 503) return answer
  if (auth != null) {
    return failed(
      500,
      'unable to perform inline authentication with login MFA; use the X-Vault-MFA header to specify MFA information on the inline auth request',
    )
  }
  if (answer.status === 204) return failed(404, 'specified authentication path was not found')
  if (isLogin && [403, 405, 500].includes(answer.status)) return failed(answer.status, errors.join('; '))
  return { ...answer, headers: { ...answer.headers, 'X-Vault-Inline-Auth-Failed': 'true' } }
}

const failed = (status: number, text: string) => errorAnswer(status, `failed to perform inline authentication: ${text}`)

const canonical = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
