import { DevVaultError } from '../errors.ts'
import type { VaultRequest } from '../routes.ts'
import type { StateAccess } from '../state.ts'
import { entryOf, table } from '../tables.ts'
import type { TokenTerms } from '../token/token-terms.ts'

/** The settings of a role under Vault's names, as a read shows them. 0 is not set. */
export interface AppRoleSettings extends TokenTerms {
  readonly bind_secret_id: boolean
  /** Set and enforced only by plug-ins. */
  readonly secret_id_bound_cidrs: readonly string[]
  readonly secret_id_num_uses: number
  readonly secret_id_ttl: number
}

/** A role that logs in by secret id. */
export interface AppRole {
  name: string
  roleId: string
  settings: AppRoleSettings
}

/** What is kept of a secret id, without the id itself. */
export interface SecretId {
  accessor: string
  role: string
  usesLeft: number
  ttlSeconds: number
  createdAtMs: number
  updatedAtMs: number
  expiresAtMs: number | null
  metadata: Readonly<Record<string, string>>
}

/** What one mount of AppRole keeps. */
export interface AppRoleMount {
  roles: Record<string, AppRole>
  /** By the hash of the secret id. */
  secretIds: Record<string, SecretId>
}

/** The roles that a call is about. */
export interface AppRoles {
  mountOf(request: VaultRequest): AppRoleMount
  nameOf(request: VaultRequest): string
  find(request: VaultRequest): AppRole | undefined
  /** @throws {DevVaultError} UNSUPPORTED_PATH where there is no such role */
  of(request: VaultRequest): AppRole
}

/** What the mounts of AppRole keep, by their uuid. */
export function appRoleMounts({ part }: Pick<StateAccess, 'part'>): Record<string, AppRoleMount> {
  return part('approle', () => table<AppRoleMount>())
}

/** Finds the role that a call is about. */
export function createAppRoles(access: Pick<StateAccess, 'part'>): AppRoles {
  const mounts = appRoleMounts(access)
  const mountOf = ({ mount }: VaultRequest): AppRoleMount =>
    entryOf(mounts, mount.uuid, () => ({ roles: table(), secretIds: table() }))
  const nameOf = ({ params }: VaultRequest) => params.role_name!.toLowerCase()
  const find = (request: VaultRequest): AppRole | undefined => mountOf(request).roles[nameOf(request)]
  return {
    mountOf,
    nameOf,
    find,
    of(request) {
      const role = find(request)
      if (role === undefined) throw new DevVaultError('UNSUPPORTED_PATH', `role "${nameOf(request)}" does not exist`)
      return role
    },
  }
}
