import * as v from 'valibot'
import { nearestNames } from '../../core/text/near-names.ts'
import { isImpossibleKey } from '../../core/text/section-name.ts'
import { configSchema } from './config-schema.ts'

/** What is wrong with the key at a path of the document. */
export interface Mistake {
  path: readonly string[]
  reason: string
  /** What to do, if it is not to edit config.toml. */
  hint?: string | undefined
}

/** The deepest key that has a meaning is `ssh.identity.NAME.extensions.KEY`. */
export const maxDepth = 8

/** Everything that is wrong with the form of a document, leaving aside what its sections refer to. */
export function findMistakes(document: unknown): readonly Mistake[] {
  const impossible = findImpossibleKeys(document)
  const result = v.safeParse(configSchema, document)
  const issues = result.success ? [] : result.issues.flatMap((issue) => mistakesOf(deepest(issue)))
  // A key that is nested too deeply is always below an unknown one, which need not be reported as well.
  const isAbove = ({ path }: Mistake) => impossible.some((below) => path.every((key, at) => key === below.path[at]))
  return [...impossible, ...issues.filter((mistake) => !isAbove(mistake))]
}

/**
 * Keys that valibot's records silently leave out, so that everything under them would be lost; and keys nested deeper than
 * any that has a meaning, before recursive code runs out of stack.
 */
function findImpossibleKeys(value: unknown, above: readonly string[] = []): readonly Mistake[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...above, key]
    if (isImpossibleKey(key)) return [{ path, reason: 'this name is not allowed' }]
    if (above.length === maxDepth) return [{ path, reason: 'no key is nested so deeply' }]
    return findImpossibleKeys(inner, path)
  })
}

type Issue = v.BaseIssue<unknown>

/** For a choice between schemas, the issue of the branch that came closest. */
function deepest(issue: Issue): Issue {
  return issue.issues === undefined ? issue : deepest(issue.issues[0])
}

function mistakesOf(issue: Issue): readonly Mistake[] {
  const path = (issue.path ?? []).map((item) => String(item.key))
  if (issue.type !== 'strict_object' || issue.expected !== 'never')
    return [{ path, reason: issue.received === 'undefined' ? 'is missing' : readable(issue) }]
  // valibot reports only the first unknown key of a table.
  const above = path.slice(0, -1)
  const table: unknown = issue.path?.at(-1)?.input
  const written = typeof table === 'object' && table !== null ? Object.keys(table) : []
  const known = knownKeys(configSchema, path)
  const unknown = new Set([path.at(-1)!, ...written.filter((key) => !known.includes(key))])
  return [...unknown].map((key) => ({ path: [...above, key], reason: unknownName(`key "${key}"`, key, known) }))
}

function readable(issue: Issue): string {
  if (issue.type === 'picklist' || issue.type === 'variant' || issue.type === 'literal') {
    return `must be one of ${issue.expected?.replace(/[()]/g, '').replaceAll(' | ', ', ')}`
  }
  return issue.kind === 'schema' ? `expected ${issue.expected?.toLowerCase()}, not ${issue.received}` : issue.message
}

/** The keys that the schema allows at `path` without its last part. */
function knownKeys(schema: unknown, path: readonly string[]): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('wrapped' in schema) return knownKeys(schema.wrapped, path)
  if ('options' in schema && Array.isArray(schema.options)) {
    return [...new Set(schema.options.flatMap((option) => knownKeys(option, path)))]
  }
  const [key, ...rest] = path
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null) {
    const entries: Readonly<Record<string, unknown>> = { ...schema.entries }
    return rest.length === 0 ? Object.keys(entries) : knownKeys(entries[key!], rest)
  }
  return 'value' in schema ? knownKeys(schema.value, rest) : []
}

/** Words for an unknown name, with the names that were probably meant. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)
  return near.length === 0 ? `unknown ${what}` : `unknown ${what}: did you mean ${near.join(' or ')}?`
}
