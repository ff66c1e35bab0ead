import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest, oneErrorOccurred } from '../../../../src/dev/vault/errors.ts'
import { newUuid } from '../../../../src/dev/vault/identifiers.ts'
import { empty, envelopeOf } from '../../../../src/dev/vault/reply.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { entryOf, table } from '../../../../src/dev/vault/tables.ts'
import {
  defaultTokenTerms,
  sanitizePolicies,
  type TokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../../../../src/dev/vault/token/token-terms.ts'
import { type AskBehind, createServersBehind, type PersonBehind } from './behind.ts'

/** What one mount keeps. */
interface LdapMount {
  url: string
  terms: TokenTerms
  /** The policies of each group, in lower case. */
  groups: Record<string, readonly string[]>
}

const configFields = {
  ...tokenTermFields,
  url: 'text',
  userdn: 'text',
  userattr: 'text',
  groupdn: 'text',
  groupattr: 'text',
  binddn: 'text',
  bindpass: 'text',
} as const

/** Login with the password of a directory, which knows who it is told of. */
export const ldap: Plugin = (core) => {
  const { part, changed, logins } = core
  const mounts = part('ldap', () => table<LdapMount>())
  const behind = createServersBehind(core, 'ldap')
  const mountOf = ({ mount }: Pick<VaultRequest, 'mount'>) =>
    entryOf(mounts, mount.uuid, () => ({
      url: 'ldap://127.0.0.1',
      terms: defaultTokenTerms,
      groups: table<readonly string[]>(),
    }))
  const refused = (message: string) => new DevVaultError('INVALID_CREDENTIALS', message)

  const ask: AskBehind = (request, name, password) => {
    const { url } = mountOf(request)
    const { isDown, people } = behind.of(request)
    const [scheme, host = ''] = url.split('://')
    if (isDown) {
      const address = host.includes(':') ? host : `${host}:${scheme === 'ldaps' ? 636 : 389}`
      const dial = `dial tcp ${address}: connect: connection refused`
      throw invalidRequest(
        oneErrorOccurred(`error connecting to host "${url}": LDAP Result Code 200 "Network Error": ${dial}`),
      )
    }
    const person = people[name]
    if (person?.password !== password) throw refused('ldap operation failed: failed to bind as user')
    return person
  }
  const termsOf = (request: Pick<VaultRequest, 'mount'>, person: PersonBehind): TokenTerms => {
    const { terms, groups } = mountOf(request)
    const policies = person.groups.flatMap((group) => groups[group.toLowerCase()] ?? [])
    return { ...terms, token_policies: [...terms.token_policies, ...policies] }
  }

  const login = withFields({ password: 'text' }, ({ password = '' }, request) => {
    if (password === '') {
      throw invalidRequest('password cannot be of zero length when passwordless binds are being denied')
    }
    const name = request.params.username!.toLowerCase()
    const person = ask(request, name, password)
    behind.of(request).shown[name] = password
    const reply = logins.issue({
      request,
      aliasName: name,
      displayName: name,
      metadata: { username: name },
      terms: termsOf(request, person),
      name,
    })
    // This method answers with data, which is empty.
    return { type: 'envelope', envelope: { ...envelopeOf(reply), request_id: newUuid(), data: {} } }
  })

  return {
    backends: [
      {
        type: 'ldap',
        kind: 'login',
        forget({ uuid }) {
          delete mounts[uuid]
          behind.forget(uuid)
        },
        renewalTerms(mount, name, { policies }) {
          const person = renewing(() => ask({ mount }, name, behind.of({ mount }).shown[name] ?? ''))
          const terms = termsOf({ mount }, person)
          const own = sanitizePolicies(terms.token_policies, !terms.token_no_default_policy)
          if (own.join() !== policies.join()) throw new DevVaultError('INTERNAL', 'policies have changed, not renewing')
          return terms
        },
        routes: [
          ...behind.routes,
          {
            pattern: 'config',
            update: withFields(configFields, ({ url, ...fields }, request) => {
              const kept = mountOf(request)
              kept.url = url ?? kept.url
              kept.terms = updateTokenTerms(kept.terms, fields)
              changed()
              return empty
            }),
          },
          {
            pattern: 'groups/{name}',
            update: withFields({ policies: 'list' }, ({ policies = [] }, request) => {
              mountOf(request).groups[request.params.name!.toLowerCase()] = policies
              changed()
              return empty
            }),
          },
          { pattern: 'login/{username*}', isUnauthenticated: true, update: login },
        ],
      },
    ],
  }
}

/** A wrong password is an answer of this method's at a login, and an error in the server's words at a renewal. */
function renewing<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof DevVaultError) || error.code !== 'INVALID_CREDENTIALS') throw error
    throw new DevVaultError(error.code, 'invalid credentials', { cause: error })
  }
}
