import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { dataReply, empty } from '../../../../src/dev/vault/reply.ts'
import { type Handler, type Route, withFields } from '../../../../src/dev/vault/routes.ts'
import type { MountEntry } from '../../../../src/dev/vault/state.ts'
import { type MountRoot, mountPathOf, tuneFields, wishesOf } from '../../../../src/dev/vault/system/mount-routes.ts'
import { describeMount } from '../../../../src/dev/vault/system/mounts.ts'
import { systemTtlSeconds } from '../../../../src/dev/vault/token/token-ttl.ts'
import { reaches } from '../policy/reach.ts'

/** Mounts that are tuned, and what the login page and the commands of Vault ask of them. */
export const mountTuning: Plugin = ({ mounts, callers }) => {
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
        mounts.tune(mount, wishesOf(fields))
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
