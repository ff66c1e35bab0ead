import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { readFields } from '../../../../src/dev/vault/fields.ts'
import { parseVaultDuration } from '../../../../src/dev/vault/go-duration.ts'
import { dataReply, empty } from '../../../../src/dev/vault/reply.ts'
import { type Handler, type Route, withFields } from '../../../../src/dev/vault/routes.ts'
import type { MountEntry } from '../../../../src/dev/vault/state.ts'
import { type MountRoot, mountPathOf } from '../../../../src/dev/vault/system/mount-routes.ts'
import { describeMount } from '../../../../src/dev/vault/system/mounts.ts'
import { systemTtlSeconds } from '../../../../src/dev/vault/token/token-ttl.ts'
import { reaches } from '../policy/reach.ts'

/** Tuning of mounts, and what Vault's login page and commands ask about mounts. */
export const mountTuning: Plugin = ({ mounts, callers, changed }) => {
  const isLogin = ({ path }: MountEntry) => path.startsWith('auth/')
  const tuningOf = (root: MountRoot): Route => {
    const find = (path: string) => mounts.at(mountPathOf(root, path))
    const needsSudo = root === 'auth'
    return {
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
        tune(mount, wishesOf(fields))
        changed()
        return empty
      }),
    }
  }

  /** Without a token only what is meant for everyone; with one, all that it can reach. */
  const listVisible: Handler = ({ tokenId, remoteAddress }) => {
    const acl = tokenId === undefined ? undefined : callers.authenticate(tokenId, remoteAddress).acl
    const table = (wantsLogin: boolean) =>
      Object.fromEntries(
        mounts
          .all()
          .filter((mount) => isLogin(mount) === wantsLogin)
          .filter((mount) => mount.listingVisibility === 'unauth' || (acl !== undefined && reaches(acl, mount.path)))
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
    if (mount === undefined || !reaches(acl, mount.path)) {
      throw new DevVaultError(
        'PERMISSION_DENIED',
        `preflight capability check returned 403, please ensure client's policies grant access to path "${path}"`,
      )
    }
    return dataReply({ ...describeMount(mount), path: mount.path })
  }

  return {
    decorate: (type, route) => {
      const [, root] = type === 'system' ? (/^(mounts|auth)\/\{path\*\}$/.exec(route.pattern) ?? []) : []
      if (root === undefined) return route
      const find = (path: string) => mounts.at(mountPathOf(root === 'auth' ? 'auth' : 'mounts', path))
      return { ...route, update: tuningWhatIsMade(route.update!, find) }
    },
    routes: {
      system: [
        tuningOf('mounts'),
        tuningOf('auth'),
        { pattern: 'internal/ui/mounts', isUnauthenticated: true, read: listVisible },
        { pattern: 'internal/ui/mounts/{path*}', isUnauthenticated: true, read: showOne },
      ],
    },
  }
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

/** What a mount can be tuned with. */
const tuneFields = {
  description: 'text',
  default_lease_ttl: 'text',
  max_lease_ttl: 'text',
  listing_visibility: 'text',
  options: 'textMap',
} as const

/** Mounts with the `config` that they are asked for. */
function tuningWhatIsMade(enable: Handler, find: (path: string) => MountEntry | undefined): Handler {
  return async (request) => {
    const { config, ...data } = request.data
    const { description, options } = data
    const given = { ...(typeof config === 'object' ? config : {}) }
    const wishes = wishesOf(
      readFields(tuneFields, {
        ...given,
        ...(description === undefined ? {} : { description }),
        ...(options === undefined ? {} : { options }),
      }),
    )
    const reply = await enable({ ...request, data })
    tune(find(request.params.path!)!, wishes)
    return reply
  }
}

/** What is absent stays as it was. */
function tune(mount: MountEntry, wishes: Tuning): void {
  mount.description = wishes.description ?? mount.description
  mount.defaultLeaseSeconds = wishes.defaultLeaseSeconds ?? mount.defaultLeaseSeconds
  mount.maxLeaseSeconds = wishes.maxLeaseSeconds ?? mount.maxLeaseSeconds
  mount.listingVisibility = wishes.listingVisibility ?? mount.listingVisibility
  mount.options = wishes.options ?? mount.options
}

interface Tuning {
  options: MountEntry['options'] | undefined
  description: string | undefined
  defaultLeaseSeconds: number | undefined
  maxLeaseSeconds: number | undefined
  listingVisibility: string | undefined
}

interface GivenTuning {
  description?: string
  default_lease_ttl?: string
  max_lease_ttl?: string
  listing_visibility?: string
  options?: Readonly<Record<string, string>>
}

/** Reads what a mount is tuned with. @throws {DevVaultError} INVALID_REQUEST */
function wishesOf(given: GivenTuning): Tuning {
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
  // "system" resets a setting of the mount.
  if (text === undefined || text === 'system') return text === undefined ? undefined : 0
  const seconds = parseVaultDuration(text)
  if (seconds === undefined || seconds < 0) throw invalidRequest(`unable to parse ${name} of ${text}`)
  return seconds
}
