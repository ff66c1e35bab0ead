import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import type { VaultCall } from '../../../../src/dev/vault/call.ts'
import { invalidRequest, notBuilt } from '../../../../src/dev/vault/errors.ts'
import { newUuid, randomBase62 } from '../../../../src/dev/vault/identifiers.ts'
import { dataReply, empty, errorAnswer, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, withFields } from '../../../../src/dev/vault/routes.ts'
import { table } from '../../../../src/dev/vault/tables.ts'

interface Namespace {
  id: string
  uuid: string
}

const header = 'x-vault-namespace'

/** What a token asks about itself, which it does wherever it comes from, and what is of the server. */
const everywhere = /^(auth\/token\/(lookup|renew|revoke)-self|sys\/(health|seal-status|leader|init))$/

/**
 * Namespaces of OpenBao, one deep, as far as secrets engines go: what is mounted in `team` is at `team/…` for the rest of the
 * server, its policies included. Logins and policies of a namespace's own are not built.
 */
export const namespaces: Plugin = (core) => {
  const known = core.part('namespaces', () => table<Namespace>())

  const describe = (name: string, { id, uuid }: Namespace) => ({
    custom_metadata: {},
    id,
    locked: false,
    path: `${name}/`,
    tainted: false,
    uuid,
  })
  /** The namespace of a call by its header, else by its path, and the path in it. */
  const placeOf = ({ path, header: headerOf }: VaultCall): readonly [name: string, path: string] | undefined => {
    const wanted = (headerOf(header) ?? '').replace(/^\/+|\/+$/g, '')
    if (Object.hasOwn(known, wanted)) return [wanted, path]
    const [first = '', ...rest] = path.split('/')
    return wanted === '' && Object.hasOwn(known, first) && rest.length > 0 ? [first, rest.join('/')] : undefined
  }

  return {
    async around(call, next) {
      const [name, path] = placeOf(call) ?? []
      if (name === undefined || path === undefined) return next(call)
      const within = { ...call, header: (one: string) => (one === header ? undefined : call.header(one)) }
      if (everywhere.test(path)) return next({ ...within, path })
      const [, mounted] = /^sys\/mounts\/(.+)$/.exec(path) ?? []
      if (mounted !== undefined) return next({ ...within, path: `sys/mounts/${name}/${mounted}` })
      if (!/^(sys|auth|identity|cubbyhole)(\/|$)/.test(path)) return next({ ...within, path: `${name}/${path}` })
      const { status, message } = notBuilt(`${path.split('/')[0]}/ of a namespace`)
      return errorAnswer(status, message)
    },
    routes: {
      system: [
        {
          pattern: 'namespaces',
          list: withFields(pageFields, (page) =>
            listReply(
              Object.keys(known).map((one) => `${one}/`),
              page,
            ),
          ),
        },
        {
          pattern: 'namespaces/{name}',
          read: ({ params: { name = '' } }) =>
            known[name] === undefined ? empty : dataReply(describe(name, known[name])),
          update({ params: { name = '' } }) {
            if (core.mounts.of(name) !== undefined) throw invalidRequest(`existing mount at ${name}/`)
            known[name] ??= { id: randomBase62(6), uuid: newUuid() }
            core.changed()
            return dataReply(describe(name, known[name]))
          },
        },
      ],
    },
  }
}
