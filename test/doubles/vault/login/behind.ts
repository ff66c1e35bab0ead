import type { VaultCore } from '../../../../src/dev/vault/backend.ts'
import { empty } from '../../../../src/dev/vault/reply.ts'
import { type Route, type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { entryOf, table } from '../../../../src/dev/vault/tables.ts'

/** Someone whom a server behind the vault knows. */
export interface PersonBehind {
  password: string
  groups: readonly string[]
  /** What else that server wants, where it wants anything. */
  factor: string
}

/** Asks a server behind a mount. @throws {DevVaultError} in the words of its method */
export type AskBehind = (request: Pick<VaultRequest, 'mount'>, name: string, password: string) => PersonBehind

/** A server behind a mount, such as a directory. */
export interface ServerBehind {
  isDown: boolean
  people: Record<string, PersonBehind>
  /** What each has logged in with last: a renewal shows it to the server behind once more. */
  shown: Record<string, string>
}

/** The servers behind the mounts of one method. */
export interface ServersBehind {
  of(request: Pick<VaultRequest, 'mount'>): ServerBehind
  /** Tell what such a server knows, and whether it is there. No real vault has these paths. */
  routes: readonly Route[]
  forget(mountUuid: string): void
}

/** Servers that know nobody yet. @param method by which the state is kept */
export function createServersBehind({ part, changed }: VaultCore, method: string): ServersBehind {
  const servers = part(`behind-${method}`, () => table<ServerBehind>())
  const of = ({ mount }: Pick<VaultRequest, 'mount'>) =>
    entryOf(servers, mount.uuid, () => ({ isDown: false, people: table<PersonBehind>(), shown: table<string>() }))
  return {
    of,
    forget: (mountUuid) => void delete servers[mountUuid],
    routes: [
      {
        pattern: 'behind',
        update: withFields({ is_down: 'boolean' }, ({ is_down: isDown = false }, request) => {
          of(request).isDown = isDown
          changed()
          return empty
        }),
      },
      {
        pattern: 'behind/people/{username}',
        update: withFields({ password: 'text', groups: 'list', factor: 'text' }, (fields, request) => {
          const { password = '', groups = [], factor = '' } = fields
          of(request).people[request.params.username!] = { password, groups, factor }
          changed()
          return empty
        }),
      },
    ],
  }
}
