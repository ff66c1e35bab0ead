import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { type Acl, type PathPatterns, rootAcl } from '../../../../src/dev/vault/policy/acl.ts'
import { type Capability, type PathRule, toPathRule } from '../../../../src/dev/vault/policy/policy-rules.ts'
import { type PathBlock, parsePathBlocks, settings } from '../../../../src/dev/vault/policy/policy-text.ts'
import { parseJsonBlocks } from './policy-json.ts'

/** Policies in every notation, and with all their patterns. */
export const fullPolicies: Plugin = () => ({ parsePolicy, patterns })

/** Reads a policy in HCL or JSON. @throws {DevVaultError} INVALID_REQUEST */
export function parsePolicy(text: string): readonly PathRule[] {
  return (parseJsonBlocks(text) ?? parsePathBlocks(text, allSettings)).map(toRule)
}

const allSettings = [...settings, 'policy']

/** The shorthands of policies from before capabilities. */
const shorthands: ReadonlyMap<string, readonly Capability[]> = new Map<string, readonly Capability[]>([
  ['deny', ['deny']],
  ['read', ['read', 'list']],
  ['write', ['create', 'read', 'update', 'delete', 'list']],
  ['sudo', ['create', 'read', 'update', 'delete', 'list', 'sudo']],
])

function toRule(block: PathBlock): PathRule {
  const { path, capabilities } = toPathRule(block)
  const granted = (block.values.get('policy') ?? []).flatMap((name) => {
    const shorthand = shorthands.get(name)
    if (shorthand !== undefined) return shorthand
    const where = `path ${JSON.stringify(block.path)}`
    throw invalidRequest(`failed to parse policy: ${where}: invalid policy ${JSON.stringify(name)}`)
  })
  return { path, capabilities: [...granted, ...capabilities] }
}

/** As `sys/capabilities` names them: sorted; `root`, or `deny` where there is nothing. */
export function capabilitiesOf(acl: Acl, path: string): readonly string[] {
  if (acl === rootAcl) return ['root']
  const granted = acl.granted(path)
  return granted.size === 0 || granted.has('deny') ? ['deny'] : [...granted].sort()
}

/** Whether a path stands for more than itself. */
const isPattern = (path: string) => path.endsWith('*') || path.split('/').includes('+')

function matches(pattern: string, path: string): boolean {
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
function compare(left: string, right: string): number {
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

/** Prefixes, and `+` for one segment. */
export const patterns: PathPatterns = { isPattern, matches, compare }
