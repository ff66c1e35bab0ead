import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { Reply } from '../../../../src/dev/vault/reply.ts'
import { type Route, withFields } from '../../../../src/dev/vault/routes.ts'
import type { Caller, Callers } from '../../../../src/dev/vault/token/callers.ts'
import type { FoundToken, TokenStore } from '../../../../src/dev/vault/token/tokens.ts'
import { capabilitiesOf } from './full-policies.ts'

const pathFields = { paths: 'list', path: 'list' } as const

/** `sys/capabilities…`: what a token may do on which paths. */
export const capabilities: Plugin = ({ tokens, callers }) => ({ routes: { system: createRoutes(tokens, callers) } })

function createRoutes(tokens: TokenStore, { aclOf }: Callers): readonly Route[] {
  const answer = (acl: Caller['acl'], fields: { paths?: readonly string[]; path?: readonly string[] }): Reply => {
    const paths = fields.paths ?? fields.path ?? []
    if (paths.length === 0) throw invalidRequest('paths must be supplied')
    const data = Object.fromEntries(paths.map((path) => [path, capabilitiesOf(acl, path.replace(/^\//, ''))]))
    const [first] = paths
    // One path is also answered in the form that very old clients expect.
    const shortly = paths.length === 1 ? { capabilities: data[first!] } : {}
    return { type: 'data', data: { ...data, ...shortly }, isAlsoOnTop: true }
  }
  const orRefuse = (token: FoundToken | undefined): FoundToken => {
    if (token === undefined) throw invalidRequest('invalid token')
    return token
  }
  return [
    {
      pattern: 'capabilities-self',
      update: withFields({ ...pathFields, token: 'text' }, (fields, { caller }) => answer(caller!.acl, fields)),
    },
    {
      pattern: 'capabilities',
      update: withFields({ ...pathFields, token: 'text' }, ({ token = '', ...fields }) =>
        answer(aclOf(orRefuse(tokens.find(token))), fields),
      ),
    },
    {
      pattern: 'capabilities-accessor',
      update: withFields({ ...pathFields, accessor: 'text' }, ({ accessor = '', ...fields }) =>
        answer(aclOf(orRefuse(tokens.all().find(({ entry }) => entry.accessor === accessor))), fields),
      ),
    },
  ]
}
