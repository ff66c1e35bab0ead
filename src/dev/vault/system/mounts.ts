import { invalidRequest } from '../errors.ts'
import { newMountAccessor, newUuid } from '../identifiers.ts'
import type { MountEntry, StateAccess } from '../state.ts'

/** What a mount is made with. */
export interface MountWishes {
  type: string
  description?: string | undefined
  options?: Readonly<Record<string, string>> | undefined
  local?: boolean | undefined
  sealWrap?: boolean | undefined
}

/** The mounts and the ways to them. */
export interface MountTable {
  all(): readonly MountEntry[]
  /** By its own path, with the trailing slash. */
  at(path: string): MountEntry | undefined
  /** The mount that a call goes to. */
  of(path: string): MountEntry | undefined
  /** @throws {DevVaultError} INVALID_REQUEST when the path is taken, or the type is not one that this server has */
  enable(path: string, wishes: MountWishes): MountEntry
  /** @throws {DevVaultError} INVALID_REQUEST for a mount that the server cannot be without */
  disable(mount: MountEntry): void
}

/** Where each part of the server answers. @param kindOf what a type is, undefined for one that is not there */
export function createMountTable(
  { state, changed }: Pick<StateAccess, 'state' | 'changed'>,
  kindOf: (type: string) => 'secrets' | 'login' | 'fixed' | undefined,
): MountTable {
  const all = () => Object.values(state.mounts)
  const checkFree = (path: string) => {
    const above = all().find((mount) => path.startsWith(mount.path))
    if (above !== undefined) throw invalidRequest(`path is already in use at ${above.path}`)
    const below = all().find((mount) => mount.path.startsWith(path))
    if (below !== undefined) throw invalidRequest(`existing mount at ${below.path}`)
  }
  return {
    all,
    at: (path) => state.mounts[path],
    of: (path) => all().find((mount) => `${path}/`.startsWith(mount.path)),
    enable(path, wishes) {
      const isLogin = path.startsWith('auth/')
      if (wishes.type === '') throw invalidRequest('backend type must be specified as a string')
      if (kindOf(wishes.type) !== (isLogin ? 'login' : 'secrets')) {
        throw invalidRequest(`plugin not found in the catalog: ${wishes.type}`)
      }
      checkFree(path)
      const mount = newMount(path, wishes.type, wishes, { prefix: `${isLogin ? 'auth_' : ''}${wishes.type}` })
      state.mounts[path] = mount
      changed()
      return mount
    },
    disable(mount) {
      if (kindOf(mount.type) === 'fixed') throw invalidRequest(`cannot unmount "${mount.path}"`)
      delete state.mounts[mount.path]
      changed()
    },
  }
}

/** A mount with the settings of a new one. */
export function newMount(
  path: string,
  type: string,
  wishes: Omit<MountWishes, 'type'>,
  { prefix }: { prefix: string },
): MountEntry {
  return {
    path,
    type,
    accessor: newMountAccessor(prefix),
    uuid: newUuid(),
    description: wishes.description ?? '',
    defaultLeaseSeconds: 0,
    maxLeaseSeconds: 0,
    listingVisibility: '',
    options: wishes.options ?? {},
    local: wishes.local ?? false,
    sealWrap: wishes.sealWrap ?? false,
  }
}

/** The mounts of a new server. */
export function firstMounts(): readonly MountEntry[] {
  const fixed = (path: string, type: string, description: string, prefix: string) => ({
    ...newMount(path, type, { description }, { prefix }),
    options: null,
  })
  return [
    { ...fixed('cubbyhole/', 'cubbyhole', 'per-token private secret storage', 'cubbyhole'), local: true },
    fixed('identity/', 'identity', 'identity store', 'identity'),
    { ...fixed('sys/', 'system', 'system endpoints used for control, policy and debugging', 'system'), sealWrap: true },
    fixed('auth/token/', 'token', 'token based credentials', 'auth_token'),
  ]
}

/** A mount as `sys/mounts` shows it. */
export function describeMount(mount: MountEntry): Readonly<Record<string, unknown>> {
  return {
    accessor: mount.accessor,
    config: describeMountConfig(mount),
    ...(fixedTypes.includes(mount.type) ? {} : { deprecation_status: 'supported' }),
    description: mount.description,
    external_entropy_access: false,
    local: mount.local,
    options: mount.options,
    plugin_version: '',
    running_plugin_version: 'v2.0.0+builtin.bao',
    running_sha256: '',
    seal_wrap: mount.sealWrap,
    type: mount.type,
    uuid: mount.uuid,
  }
}

const fixedTypes = ['cubbyhole', 'identity', 'system', 'token']
const passedHeaders: Readonly<Record<string, string>> = { identity: 'Authorization', system: 'Accept' }

function describeMountConfig(mount: MountEntry): Readonly<Record<string, unknown>> {
  const header = passedHeaders[mount.type]
  return {
    default_lease_ttl: mount.defaultLeaseSeconds,
    force_no_cache: false,
    max_lease_ttl: mount.maxLeaseSeconds,
    ...(mount.listingVisibility === '' ? {} : { listing_visibility: mount.listingVisibility }),
    ...(header === undefined ? {} : { passthrough_request_headers: [header] }),
    ...(mount.path.startsWith('auth/') ? { token_type: 'default-service' } : {}),
  }
}
