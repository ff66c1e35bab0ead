import type { Capability, PathRule } from './policy-rules.ts'

/** What a call does to its path; a policy has a capability for each. */
export type Operation = 'create' | 'read' | 'update' | 'delete' | 'list' | 'patch'

/** What the policies of a token allow. */
export interface Acl {
  allows(path: string, operation: Operation): boolean
  hasSudo(path: string): boolean
  /** What the rule that counts for a path grants, `deny` included. */
  granted(path: string): ReadonlySet<Capability>
  rules: readonly MergedRule[]
}

/** Which paths in rules stand for more than themselves. */
export interface PathPatterns {
  isPattern(path: string): boolean
  matches(pattern: string, path: string): boolean
  /** Negative where `left` has the lower priority. */
  compare(left: string, right: string): number
}

/** `ssh/*`, of which the longest counts. */
const prefixes: PathPatterns = {
  isPattern: (path) => path.endsWith('*'),
  matches: (pattern, path) => path.startsWith(pattern.slice(0, -1)),
  compare: (left, right) => left.length - right.length,
}

/** The root policy: everything. */
export const rootAcl: Acl = {
  allows: () => true,
  hasSudo: () => true,
  granted: () => new Set(['sudo']),
  rules: [{ path: '*', granted: new Set(['sudo']) }],
}

/** What all rules for one path grant together. */
export interface MergedRule {
  path: string
  granted: ReadonlySet<Capability>
}

/** Combines the rules of several policies: rules for one path are united, and a deny among them wins. */
export function createAcl(rules: readonly PathRule[], { isPattern, matches, compare } = prefixes): Acl {
  const merged = mergeRules(rules)
  const exact = new Map(merged.filter(({ path }) => !isPattern(path)).map((rule) => [rule.path, rule]))
  const patterns = merged.filter(({ path }) => isPattern(path)).sort((a, b) => compare(b.path, a.path))

  const grantedOn = (path: string, isList: boolean): ReadonlySet<Capability> => {
    const rule =
      exact.get(path) ??
      // A list is asked with a trailing slash, and policies are written with and without it.
      (isList ? exact.get(path.replace(/\/$/, '')) : undefined) ??
      patterns.find((pattern) => matches(pattern.path, path))
    return rule?.granted ?? new Set()
  }
  return {
    allows(path, operation) {
      const asked = operation === 'list' && !path.endsWith('/') ? `${path}/` : path
      const granted = grantedOn(asked, operation === 'list')
      return !granted.has('deny') && granted.has(operation)
    },
    hasSudo(path) {
      const granted = grantedOn(path, false)
      return !granted.has('deny') && granted.has('sudo')
    },
    granted: (path) => grantedOn(path, false),
    rules: merged,
  }
}

function mergeRules(rules: readonly PathRule[]): MergedRule[] {
  const byPath = new Map<string, Set<Capability>>()
  for (const { path, capabilities } of rules) {
    const granted = byPath.get(path) ?? new Set()
    for (const capability of capabilities) granted.add(capability)
    byPath.set(path, granted)
  }
  return [...byPath].map(([path, granted]) => ({ path, granted }))
}
