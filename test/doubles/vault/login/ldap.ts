import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest, oneErrorOccurred } from '../../../../src/dev/vault/errors.ts'
import { newUuid } from '../../../../src/dev/vault/identifiers.ts'
import { empty, envelopeOf } from '../../../../src/dev/vault/reply.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { entryOf, table } from '../../../../src/dev/vault/tables.ts'
import {
  defaultTokenTerms,
  type TokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../../../../src/dev/vault/token/token-terms.ts'
import { createServersBehind } from './behind.ts'

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
  const mountOf = ({ mount }: VaultRequest) =>
    entryOf(mounts, mount.uuid, () => ({ url: '', terms: defaultTokenTerms, groups: table<readonly string[]>() }))
  const refused = (message: string) => new DevVaultError('INVALID_CREDENTIALS', message)

  const login = withFields({ password: 'text' }, ({ password = '' }, request) => {
    const { url, terms, groups } = mountOf(request)
    if (url === '') throw invalidRequest('ldap backend not configured')
    if (password === '') {
      throw invalidRequest('password cannot be of zero length when passwordless binds are being denied')
    }
    const { isDown, people } = behind.of(request)
    const host = url.replace(/^ldaps?:\/\//, '')
    if (isDown) {
      const dial = `dial tcp ${host}: connect: connection refused`
      throw invalidRequest(
        oneErrorOccurred(`error connecting to host "${url}": LDAP Result Code 200 "Network Error": ${dial}`),
      )
    }
    const name = request.params.username!.toLowerCase()
    const person = people[name]
    if (person === undefined || person.password !== password) {
      throw refused('ldap operation failed: failed to bind as user')
    }
    const policies = person.groups.flatMap((group) => groups[group.toLowerCase()] ?? [])
    const reply = logins.issue({
      request,
      aliasName: name,
      displayName: name,
      metadata: { username: name },
      terms: { ...terms, token_policies: [...terms.token_policies, ...policies] },
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
        renewalTerms: ({ uuid }) => mounts[uuid]?.terms,
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
