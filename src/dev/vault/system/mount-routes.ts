import { DevVaultError, invalidRequest, notBuilt } from '../errors.ts'
import { isUnset } from '../fields.ts'
import { dataReply, empty, type Reply } from '../reply.ts'
import { type Handler, type Route, withFields } from '../routes.ts'
import type { MountEntry } from '../state.ts'
import { describeMount, type MountTable } from './mounts.ts'

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
/** Where `sys/mounts` neither makes nor ends a mount; `sys/auth`, which needs sudo, does so below `auth/`. */
const protectedPaths = ['audit/', 'auth/', 'sys/', 'cubbyhole/', 'identity/']

/** Where mounts are made, and where login methods. */
export type MountRoot = 'mounts' | 'auth'

/** The path of a mount by what `sys/mounts/…` or `sys/auth/…` calls it. */
export function mountPathOf(root: MountRoot, path: string): string {
  return `${root === 'auth' ? 'auth/' : ''}${path.replace(/^\/+|\/+$/g, '')}/`
}

/** `sys/mounts` and `sys/auth`. @param forget drops what belonged to a mount that is gone */
export function createMountRoutes(mounts: MountTable, forget: (mount: MountEntry) => void): readonly Route[] {
  const isLogin = ({ path }: MountEntry) => path.startsWith('auth/')

  const routesFor = (root: MountRoot): readonly Route[] => {
    const prefix = root === 'auth' ? 'auth/' : ''
    const pathOf = (path: string) => mountPathOf(root, path)
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
      // Without operations it is refused, rather than mistaken for the name of a mount.
      { pattern: `${root}/{path*}/tune`, needsSudo },
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
          refuseTuning(config)
          const { description, options, local, seal_wrap: sealWrap } = fields
          mounts.enable(path, { type, description, options, local, sealWrap })
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

  return [...routesFor('mounts'), ...routesFor('auth')]
}

/** The `vault` command sends every setting; those that are not asked for come empty. */
function refuseTuning(config: Readonly<Record<string, unknown>>): void {
  const set = Object.entries(config).find(([, value]) => !isUnset(value))
  if (set !== undefined) throw notBuilt(`'${set[0]}'`)
}
