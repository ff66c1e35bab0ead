import { dataReply, empty, listReply } from './reply.ts'
import { pageFields, type Route, type VaultRequest, withFields } from './routes.ts'
import type { DevVaultState } from './state.ts'
import { entryOf, table } from './tables.ts'

/** What a token keeps for itself; it is gone with the token. */
export function createCubbyholeRoutes(deps: {
  state: Pick<DevVaultState, 'cubbyholes'>
  changed: () => void
}): readonly Route[] {
  const { state, changed } = deps
  const holeOf = ({ caller }: VaultRequest) => entryOf(state.cubbyholes, caller!.token.key, () => table())
  return [
    {
      pattern: '{path*}',
      exists: (request) => holeOf(request)[request.params.path!] !== undefined,
      list: withFields(pageFields, (page, request) => {
        const folder = `${request.params.path!}/`
        const below = Object.keys(holeOf(request)).filter((path) => path.startsWith(folder))
        return listReply(namesIn(below.map((path) => path.slice(folder.length))), page)
      }),
      read(request) {
        const data = holeOf(request)[request.params.path!]
        return data === undefined ? empty : dataReply(data)
      },
      update(request) {
        holeOf(request)[request.params.path!] = request.data
        changed()
        return empty
      },
      delete(request) {
        delete holeOf(request)[request.params.path!]
        changed()
        return empty
      },
    },
    {
      pattern: '',
      list: withFields(pageFields, (page, request) => listReply(namesIn(Object.keys(holeOf(request))), page)),
    },
  ]
}

/** What a LIST shows of paths: names, and folders with their slash. */
function namesIn(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => (path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : path)))]
}
