import type { ApiRoute } from './api-route.ts'

/** What a request's method and target lead to. */
export type Match =
  | { type: 'route'; route: ApiRoute; path: string; params: Readonly<Record<string, string>> }
  | { type: 'wrong-method'; allowed: readonly string[] }
  | { type: 'unknown' }
  | { type: 'bad-path' }

/**
 * Finds the route of a request. A `{name}` part of a pattern matches one part of the path, percent-decoded.
 * @param target as in the request line: a path, perhaps with a query, which no route uses
 */
export function matchRoute(routes: readonly ApiRoute[], method: string, target: string): Match {
  const [path = ''] = target.split('?', 1)
  const parts = path.split('/')
  const here = routes.filter(({ pattern }) => isMatch(pattern.split('/'), parts))
  const route = here.find((candidate) => candidate.method === method)
  if (here.length === 0) return { type: 'unknown' }
  if (route === undefined) return { type: 'wrong-method', allowed: here.map((candidate) => candidate.method) }
  const params = decodeParams(route.pattern.split('/'), parts)
  return params === undefined ? { type: 'bad-path' } : { type: 'route', route, path, params }
}

const isName = (part: string) => part.startsWith('{')

function isMatch(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false
  return pattern.every((part, index) => (isName(part) ? parts[index] !== '' : part === parts[index]))
}

function decodeParams(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  try {
    return Object.fromEntries(
      pattern.flatMap((part, index) =>
        isName(part) ? [[part.slice(1, -1), decodeURIComponent(parts[index]!)] as const] : [],
      ),
    )
  } catch {
    return undefined
  }
}
