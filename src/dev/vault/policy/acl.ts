import type { Capability, PathRule } from './policy-rules.ts'

/** What a call does to its path; a policy has a capability for each. */
export type Operation = 'create' | 'read' | 'update' | 'delete' | 'list' | 'patch'

/** What the policies of a token allow. */
export interface Acl {
  allows(path: string, operation: Operation): boolean
  hasSudo(path: string): boolean
  /** As `sys/capabilities` names them: sorted; `root`, or `deny` where there is nothing. */
  capabilities(path: string): readonly string[]
  /** For those who ask otherwise. */
  rules: readonly MergedRule[]
}

/** The root policy: everything. */
export const rootAcl: Acl = {
  allows: () => true,
  hasSudo: () => true,
  capabilities: () => ['root'],
  rules: [{ path: '*', granted: new Set(['sudo']) }],
}

/** What all rules for one path grant together. */
export interface MergedRule {
  path: string
  granted: ReadonlySet<Capability>
}

/** Puts the rules of several policies together: rules for one path are united, and a deny among them wins. */
export function createAcl(rules: readonly PathRule[]): Acl {
  const merged = mergeRules(rules)
  const exact = new Map(merged.filter(({ path }) => !isPattern(path)).map((rule) => [rule.path, rule]))
  const patterns = merged.filter(({ path }) => isPattern(path)).sort((a, b) => comparePriority(b.path, a.path))

  const grantedOn = (path: string, isList: boolean): ReadonlySet<Capability> => {
    const rule =
      exact.get(path) ??
      // A list is asked with a trailing slash, and policies are written with and without it.
      (isList ? exact.get(path.replace(/\/$/, '')) : undefined) ??
      patterns.find((pattern) => matchesPattern(pattern.path, path))
    return rule?.granted ?? new Set()
  }
  const capabilities = (path: string) => {
    const granted = grantedOn(path, false)
    return granted.size === 0 || granted.has('deny') ? ['deny'] : [...granted].sort()
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
    capabilities,
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

/** Whether a path stands for more than itself. */
export const isPattern = (path: string) => path.endsWith('*') || path.split('/').includes('+')

function matchesPattern(pattern: string, path: string): boolean {
  const isPrefix = pattern.endsWith('*')
  const wanted = (isPrefix ? pattern.slice(0, -1) : pattern).split('/')
  const segments = path.split('/')
  if (isPrefix ? segments.length < wanted.length : segments.length !== wanted.length) return false
  return wanted.every((segment, index) => {
    const isLast = index === wanted.length - 1
    if (segment === '+') return segments[index] !== ''
    return isPrefix && isLast ? segments[index]!.startsWith(segment) : segments[index] === segment
  })
}

/** The order of Vault's "Policy syntax": negative where `left` has the lower priority. */
function comparePriority(left: string, right: string): number {
  const firstWildcard = (path: string) => {
    const at = path.search(/\+|\*$/)
    return at < 0 ? path.length : at
  }
  const isPrefix = (path: string) => (path.endsWith('*') ? 1 : 0)
  const plusses = (path: string) => path.split('/').filter((segment) => segment === '+').length
  return (
    firstWildcard(left) - firstWildcard(right) ||
    isPrefix(right) - isPrefix(left) ||
    plusses(right) - plusses(left) ||
    left.length - right.length ||
    (left < right ? -1 : 1)
  )
}
