import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { empty, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, withFields } from '../../../../src/dev/vault/routes.ts'
import type { FoundToken } from '../../../../src/dev/vault/token/tokens.ts'
import { createFields, createToken } from './token-create.ts'

/** What administrators do with tokens: make them, also without a parent, and use them by id and by accessor. */
export const tokenAdministration: Plugin = (core) => {
  const { tokens, tokenCalls: calls, state, changed } = core
  const find = (wanted: string) => tokens.all().find(({ entry }) => entry.accessor === wanted)
  const byAccessor = (accessor = ''): FoundToken => {
    if (accessor === '') throw invalidRequest('missing accessor')
    const token = find(accessor)
    if (token === undefined) throw invalidRequest('invalid accessor')
    return token
  }
  const byId = (id: string | undefined): FoundToken | undefined => {
    if (id === undefined || id === '') throw invalidRequest('missing token ID')
    return tokens.find(id)
  }
  const lookUpById = withFields({ token: 'text' }, ({ token: id }, request) => {
    const wanted = id === undefined || id === '' ? request.tokenId! : id
    const token = byId(wanted)
    if (token === undefined) throw new DevVaultError('PERMISSION_DENIED', 'bad token')
    return calls.lookUp(wanted, token)
  })
  const create = (isOrphan: boolean) =>
    withFields(createFields, (fields, { caller, mount, path }) =>
      createToken({ caller: caller!, mount, path, fields, isOrphan }, core),
    )
  return {
    routes: {
      token: [
        { pattern: 'create', update: create(false) },
        { pattern: 'create-orphan', update: create(true) },
        { pattern: 'lookup', read: lookUpById, update: lookUpById },
        {
          pattern: 'renew',
          update: withFields({ token: 'text', increment: 'seconds' }, ({ token: id, increment = 0 }) => {
            const token = byId(id)
            if (token === undefined) throw invalidRequest('token not found')
            return calls.renew(id!, token, increment)
          }),
        },
        {
          pattern: 'revoke',
          update: withFields({ token: 'text' }, ({ token: id }) => {
            const token = byId(id)
            return token === undefined ? empty : calls.revoke(token)
          }),
        },
        {
          pattern: 'lookup-accessor',
          update: withFields({ accessor: 'text' }, ({ accessor }) => calls.lookUp('', byAccessor(accessor))),
        },
        {
          pattern: 'accessors',
          needsSudo: true,
          list: withFields(pageFields, (page) =>
            listReply(
              tokens.all().map(({ entry }) => entry.accessor),
              page,
            ),
          ),
        },
        {
          pattern: 'renew-accessor',
          update: withFields({ accessor: 'text', increment: 'seconds' }, ({ accessor, increment = 0 }) =>
            calls.renew('', byAccessor(accessor), increment),
          ),
        },
        {
          pattern: 'revoke-accessor',
          update: withFields({ accessor: 'text' }, ({ accessor = '' }) => {
            const token = accessor === '' ? byAccessor(accessor) : find(accessor)
            if (token !== undefined) return calls.revoke(token)
            return { type: 'warnings', warnings: ['No token found with this accessor'] }
          }),
        },
        {
          pattern: 'revoke-orphan',
          update: withFields({ token: 'text' }, ({ token: id = '' }, { caller, path }) => {
            if (!caller!.acl.hasSudo(path)) {
              throw invalidRequest('root or sudo privileges required to revoke and orphan')
            }
            if (id === '') throw invalidRequest('missing token ID')
            const token = tokens.find(id)
            if (token === undefined) throw invalidRequest('token to revoke not found')
            for (const entry of Object.values(state.tokens)) if (entry.parent === token.key) entry.parent = null
            changed()
            tokens.revoke(token.key)
            return empty
          }),
        },
      ],
    },
  }
}
