import type { VaultCore } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError } from '../../../../src/dev/vault/errors.ts'
import { type FieldKinds, type Fields, isUnset } from '../../../../src/dev/vault/fields.ts'
import { dataReply, empty, listReply } from '../../../../src/dev/vault/reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import type { MountEntry } from '../../../../src/dev/vault/state.ts'
import { entryOf, table } from '../../../../src/dev/vault/tables.ts'
import {
  defaultTokenTerms,
  type TokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../../../../src/dev/vault/token/token-terms.ts'

/** A role of a mount: its own settings, and the terms of its tokens. */
export interface LoginRole<S extends FieldKinds> {
  settings: Fields<S>
  terms: TokenTerms
}

/** What a mount of such a method keeps. */
interface RoleMount<C extends FieldKinds, S extends FieldKinds> {
  config: Fields<C>
  roles: Record<string, LoginRole<S>>
}

/** The configuration and the roles of the mounts of one method. */
export interface RoleMounts<C extends FieldKinds, S extends FieldKinds> {
  configOf(request: VaultRequest): Fields<C>
  rolesOf(request: VaultRequest): Readonly<Record<string, LoginRole<S>>>
  /** `config`, and the roles below their path. */
  routes: readonly Route[]
  forget(mount: MountEntry): void
  /** The terms of a role; undefined where it no longer exists. */
  termsOf(mount: MountEntry, name: string): TokenTerms | undefined
  /** The same for a renewal. @throws {DevVaultError} INTERNAL where it no longer exists */
  renewalTerms(mount: MountEntry, name: string): TokenTerms
}

/**
 * Mounts that have a configuration and roles with token terms.
 * @param at where the roles are: `role`, `certs`
 * @param check refuses a role that is not complete
 */
export function createRoleMounts<C extends FieldKinds, S extends FieldKinds>(
  { part, changed }: VaultCore,
  {
    method,
    at,
    configFields,
    roleFields,
    check = () => {},
  }: { method: string; at: string; configFields: C; roleFields: S; check?: (settings: Fields<S>) => void },
): RoleMounts<C, S> {
  const mounts = part(method, () => table<RoleMount<C, S>>())
  const mountOf = ({ mount }: VaultRequest): RoleMount<C, S> =>
    entryOf(mounts, mount.uuid, () => ({ config: {} as Fields<C>, roles: table<LoginRole<S>>() }))
  const termsOf = ({ uuid }: MountEntry, name: string) => mounts[uuid]?.roles[name]?.terms
  const nameOf = ({ params }: VaultRequest) => params.name!.toLowerCase()

  return {
    configOf: (request) => mountOf(request).config,
    rolesOf: (request) => mountOf(request).roles,
    forget: ({ uuid }) => void delete mounts[uuid],
    termsOf,
    renewalTerms(mount, name) {
      const terms = termsOf(mount, name)
      if (terms === undefined) throw new DevVaultError('INTERNAL', `role ${name} does not exist during renewal`)
      return terms
    },
    routes: [
      {
        pattern: 'config',
        read: (request) => (isUnset(mountOf(request).config) ? empty : dataReply(mountOf(request).config)),
        update: withFields(configFields, (fields, request) => {
          const kept = mountOf(request)
          kept.config = { ...kept.config, ...fields }
          changed()
          return empty
        }),
      },
      {
        pattern: at,
        list: withFields(pageFields, (page, request) => listReply(Object.keys(mountOf(request).roles), page)),
      },
      {
        pattern: `${at}/{name}`,
        update: withFields({ ...tokenTermFields, ...roleFields }, (fields, request) => {
          const { roles } = mountOf(request)
          const old = roles[nameOf(request)]
          const isTerm = ([key]: [string, unknown]) => Object.hasOwn(tokenTermFields, key)
          const given = Object.entries(fields)
          const terms = Object.fromEntries(given.filter(isTerm))
          const own = Object.fromEntries(given.filter((entry) => !isTerm(entry))) as Fields<S>
          const settings = { ...old?.settings, ...own }
          check(settings)
          roles[nameOf(request)] = {
            settings,
            terms: updateTokenTerms(old?.terms ?? defaultTokenTerms, terms),
          }
          changed()
          return empty
        }),
        delete(request) {
          delete mountOf(request).roles[nameOf(request)]
          changed()
          return empty
        },
      },
    ],
  }
}
