import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { empty } from '../../../../src/dev/vault/reply.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { entryOf, table } from '../../../../src/dev/vault/tables.ts'
import {
  defaultTokenTerms,
  type TokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../../../../src/dev/vault/token/token-terms.ts'
import { type AskBehind, createServersBehind } from './behind.ts'

/** What one mount keeps. */
interface RadiusMount {
  host: string
  port: number
  terms: TokenTerms
  /** Of everybody whom the server knows and the mount does not. */
  policies: readonly string[]
}

const configFields = {
  ...tokenTermFields,
  host: 'text',
  port: 'integer',
  secret: 'text',
  unregistered_user_policies: 'list',
  dial_timeout: 'seconds',
  read_timeout: 'seconds',
} as const

/** Login with the password of a RADIUS server, which knows who it is told of. */
export const radius: Plugin = (core) => {
  const { part, changed, logins } = core
  const mounts = part('radius', () => table<RadiusMount>())
  const behind = createServersBehind(core, 'radius')
  const mountOf = ({ mount }: Pick<VaultRequest, 'mount'>) =>
    entryOf(mounts, mount.uuid, () => ({ host: '', port: 1812, terms: defaultTokenTerms, policies: [] }))

  const ask: AskBehind = (request, name, password) => {
    const { host, port } = mountOf(request)
    const { isDown, people } = behind.of(request)
    if (isDown) throw invalidRequest(`read udp ${host}:37798->${host}:${port}: read: connection refused`)
    const person = people[name]
    if (person?.password !== password) throw invalidRequest('access denied by the authentication server')
    return person
  }
  const termsOf = (request: Pick<VaultRequest, 'mount'>): TokenTerms => {
    const { terms, policies } = mountOf(request)
    return { ...terms, token_policies: [...terms.token_policies, ...policies] }
  }

  const login = withFields({ username: 'text', password: 'text' }, ({ password = '', username }, request) => {
    const { host, policies } = mountOf(request)
    if (host === '') throw invalidRequest('radius backend not configured')
    const name = (request.params.username ?? username ?? '').toLowerCase()
    if (name === '') throw invalidRequest('username cannot be empty')
    if (password === '') throw invalidRequest('password cannot be empty')
    ask(request, name, password)
    behind.of(request).shown[name] = password
    return logins.issue({
      request,
      aliasName: name,
      displayName: name,
      metadata: { username: name, policies: policies.join(',') },
      terms: termsOf(request),
      name,
    })
  })

  return {
    backends: [
      {
        type: 'radius',
        kind: 'login',
        forget({ uuid }) {
          delete mounts[uuid]
          behind.forget(uuid)
        },
        renewalTerms(mount, name) {
          ask({ mount }, name, behind.of({ mount }).shown[name] ?? '')
          return termsOf({ mount })
        },
        routes: [
          ...behind.routes,
          {
            pattern: 'config',
            update: withFields(configFields, (fields, request) => {
              const { host, port, secret: _, unregistered_user_policies: policies, ...rest } = fields
              const { dial_timeout: __, read_timeout: ___, ...given } = rest
              const kept = mountOf(request)
              kept.host = host ?? kept.host
              kept.port = port ?? kept.port
              kept.policies = policies ?? kept.policies
              kept.terms = updateTokenTerms(kept.terms, given)
              changed()
              return empty
            }),
          },
          { pattern: 'login', isUnauthenticated: true, update: login },
          { pattern: 'login/{username*}', isUnauthenticated: true, update: login },
        ],
      },
    ],
  }
}
