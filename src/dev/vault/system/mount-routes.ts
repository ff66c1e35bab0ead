import { DevVaultError, invalidRequest } from '../errors.ts'
import { readFields } from '../fields.ts'
import { parseVaultDuration } from '../go-duration.ts'
import { dataReply, empty, type Reply } from '../reply.ts'
import { type Handler, type Route, withFields } from '../routes.ts'
import type { MountEntry } from '../state.ts'
import type { Callers } from '../token/callers.ts'
import { systemTtlSeconds } from '../token/token-ttl.ts'
import { describeMount, type MountTable, type MountWishes } from './mounts.ts'

const enableFields = {
  type: 'text',
  description: 'text',
  config: 'map',
  options: 'textMap',
  local: 'boolean',
  seal_wrap: 'boolean',
  external_entropy_access: 'boolean',
  plugin_name: 'text',
  plugin_version: 'text',
} as const
const tuneFields = {
  description: 'text',
  default_lease_ttl: 'text',
  max_lease_ttl: 'text',
  listing_visibility: 'text',
  options: 'textMap',
} as const

/** Where `sys/mounts` neither makes nor ends a mount; `sys/auth`, which needs sudo, does so below `auth/`. */
const protectedPaths = ['audit/', 'auth/', 'sys/', 'cubbyhole/', 'identity/']

/** `sys/mounts`, `sys/auth` and what the login page asks of them. */
export function createMountRoutes(deps: {
  mounts: MountTable
  callers: Callers
  /** Drops what belonged to a mount that is gone. */
  forget: (mount: MountEntry) => void
}): readonly Route[] {
  const { mounts, callers, forget } = deps
  const isLogin = ({ path }: MountEntry) => path.startsWith('auth/')

  const routesFor = (root: 'mounts' | 'auth'): readonly Route[] => {
    const prefix = root === 'auth' ? 'auth/' : ''
    const pathOf = (path: string) => `${prefix}${path.replace(/^\/+|\/+$/g, '')}/`
    const find = (path: string) => mounts.at(pathOf(path))
    const isProtected = (path: string) => root === 'mounts' && protectedPaths.some((own) => path.startsWith(own))
    const needsSudo = root === 'auth'
    const list: Handler = (): Reply => {
      const shown = mounts.all().filter((mount) => isLogin(mount) === (root === 'auth'))
      const data = Object.fromEntries(shown.map((mount) => [mount.path.slice(prefix.length), describeMount(mount)]))
      return { type: 'data', data, isAlsoOnTop: true }
    }
    return [
      { pattern: root, read: list },
      {
        pattern: `${root}/{path*}/tune`,
        needsSudo,
        read({ params }) {
          const mount = find(params.path!)
          if (mount === undefined) throw invalidRequest('cannot fetch sysview for path')
          return dataReply(describeTuning(mount))
        },
        update: withFields(tuneFields, (fields, { params }) => {
          const mount = find(params.path!)
          if (mount === undefined) throw invalidRequest('no mount entry found')
          mounts.tune(mount, wishesOf(fields))
          return empty
        }),
      },
      {
        pattern: `${root}/{path*}`,
        needsSudo,
        read({ params }) {
          const mount = find(params.path!)
          if (mount === undefined)
            throw invalidRequest(`No ${root === 'auth' ? 'auth' : 'secret'} engine at ${params.path}/`)
          return dataReply(describeMount(mount))
        },
        update: withFields(enableFields, ({ config = {}, ...fields }, { params }) => {
          const type = fields.type || (fields.plugin_name ?? '')
          const path = pathOf(params.path!)
          if (isProtected(path)) {
            throw new DevVaultError('PERMISSION_DENIED', `cannot mount ${JSON.stringify(path)}`)
          }
          mounts.enable(path, {
            ...wishesOf({ ...readFields(tuneFields, config), ...fields }),
            type,
            local: fields.local,
            sealWrap: fields.seal_wrap,
          })
          return empty
        }),
        delete({ params }) {
          const path = pathOf(params.path!)
          if (isProtected(path)) throw invalidRequest(`cannot unmount ${JSON.stringify(path)}`)
          const mount = find(params.path!)
          if (mount === undefined) return empty
          mounts.disable(mount)
          forget(mount)
          return empty
        },
      },
    ]
  }

  /** Without a token only what is meant for everyone; with one, all that it can reach. */
  const listVisible: Handler = ({ tokenId, remoteAddress }) => {
    const acl = tokenId === undefined ? undefined : callers.authenticate(tokenId, remoteAddress).acl
    const table = (wantsLogin: boolean) =>
      Object.fromEntries(
        mounts
          .all()
          .filter((mount) => isLogin(mount) === wantsLogin)
          .filter((mount) => mount.listingVisibility === 'unauth' || acl?.reaches(mount.path) === true)
          .map((mount) => [
            wantsLogin ? mount.path.slice('auth/'.length) : mount.path,
            acl === undefined ? describeBriefly(mount) : describeMount(mount),
          ]),
      )
    return dataReply({ auth: table(true), secret: table(false) })
  }
  const showOne: Handler = ({ params, tokenId, remoteAddress }) => {
    const { acl } = callers.authenticate(tokenId, remoteAddress)
    const path = `${params.path!.replace(/\/+$/, '')}/`
    const mount = mounts.of(path.slice(0, -1))
    if (mount === undefined || !acl.reaches(mount.path)) {
      throw new DevVaultError(
        'PERMISSION_DENIED',
        `preflight capability check returned 403, please ensure client's policies grant access to path "${path}"`,
      )
    }
    return dataReply({ ...describeMount(mount), path: mount.path })
  }

  return [
    ...routesFor('mounts'),
    ...routesFor('auth'),
    { pattern: 'internal/ui/mounts', isUnauthenticated: true, read: listVisible },
    { pattern: 'internal/ui/mounts/{path*}', isUnauthenticated: true, read: showOne },
  ]
}

function describeBriefly({ description, options, type }: MountEntry): Readonly<Record<string, unknown>> {
  return { description, options, type }
}

function describeTuning(mount: MountEntry): Readonly<Record<string, unknown>> {
  return {
    default_lease_ttl: mount.defaultLeaseSeconds || systemTtlSeconds,
    description: mount.description,
    force_no_cache: false,
    ...(mount.listingVisibility === '' ? {} : { listing_visibility: mount.listingVisibility }),
    max_lease_ttl: mount.maxLeaseSeconds || systemTtlSeconds,
    ...(mount.path.startsWith('auth/') ? { token_type: 'default-service' } : {}),
  }
}

interface GivenTuning {
  description?: string
  default_lease_ttl?: string
  max_lease_ttl?: string
  listing_visibility?: string
  options?: Readonly<Record<string, string>>
}

function wishesOf(given: GivenTuning): Omit<MountWishes, 'type'> {
  const defaultLeaseSeconds = toSeconds('default_lease_ttl', given.default_lease_ttl)
  const maxLeaseSeconds = toSeconds('max_lease_ttl', given.max_lease_ttl)
  if (maxLeaseSeconds !== undefined && maxLeaseSeconds > 0 && (defaultLeaseSeconds ?? 0) > maxLeaseSeconds) {
    throw invalidRequest('given default lease TTL greater than given max lease TTL')
  }
  const visibility = given.listing_visibility
  if (visibility !== undefined && !['', 'unauth', 'hidden'].includes(visibility)) {
    throw invalidRequest('invalid listing_visibility type')
  }
  return {
    description: given.description,
    defaultLeaseSeconds,
    maxLeaseSeconds,
    listingVisibility: visibility === 'hidden' ? '' : visibility,
    options: given.options,
  }
}

function toSeconds(name: string, text: string | undefined): number | undefined {
  // "system" takes a setting of the mount back.
  if (text === undefined || text === 'system') return text === undefined ? undefined : 0
  const seconds = parseVaultDuration(text)
  if (seconds === undefined || seconds < 0) throw invalidRequest(`unable to parse ${name} of ${text}`)
  return seconds
}
