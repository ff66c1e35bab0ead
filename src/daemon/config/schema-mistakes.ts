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

/** For a choice between schemas, the issue of the branch that came closest, whose path begins at the choice. */
function deepest(issue: Issue): Issue {
  if (issue.issues === undefined) return issue
  const inner = deepest(issue.issues[0])
  const [first, ...more] = [...(issue.path ?? []), ...(inner.path ?? [])]
  return first === undefined ? inner : { ...inner, path: [first, ...more] }
}

function mistakesOf(issue: Issue): readonly Mistake[] {
  const path = (issue.path ?? []).map((item) => String(item.key))
  if (issue.type !== 'strict_object' || issue.expected !== 'never')
    return [{ path, reason: issue.received === 'undefined' ? 'is missing' : readable(issue) }]
  // valibot reports only the first unknown key of a table.
  const above = path.slice(0, -1)
  const table: unknown = issue.path?.at(-1)?.input
  const written = typeof table === 'object' && table !== null ? table : {}
  const tables = tablesAt(configSchema, above)
  const known = tables.flatMap(Object.keys)
  const unknown = new Set([path.at(-1)!, ...Object.keys(written).filter((key) => !known.includes(key))])
  return [...unknown].map((key) => ({ path: [...above, key], reason: unknownKey(key, written, tables) }))
}

function readable(issue: Issue): string {
  if (issue.type === 'picklist' || issue.type === 'variant' || issue.type === 'literal') {
    return `must be one of ${issue.expected?.replace(/[()]/g, '').replaceAll(' | ', ', ')}`
  }
  return issue.kind === 'schema' ? `expected ${issue.expected?.toLowerCase()}, not ${issue.received}` : issue.message
}

/** A table that the schema allows: a schema for each key. */
type Table = Readonly<Record<string, unknown>>

/** The tables that the schema allows at `path`: several where it has a choice. */
function tablesAt(schema: unknown, path: readonly string[]): readonly Table[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('wrapped' in schema) return tablesAt(schema.wrapped, path)
  if ('options' in schema && Array.isArray(schema.options)) {
    return schema.options.flatMap((option) => tablesAt(option, path))
  }
  const [key, ...rest] = path
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null) {
    const entries: Table = { ...schema.entries }
    return key === undefined ? [entries] : tablesAt(entries[key], rest)
  }
  return 'value' in schema ? tablesAt(schema.value, rest) : []
}

/** What a table says of itself where the schema has a choice, such as `method`: key and value. */
function literalsOf(table: Table): readonly (readonly [string, unknown])[] {
  return Object.entries(table).flatMap(([key, schema]) =>
    typeof schema === 'object' && schema !== null && 'literal' in schema ? [[key, schema.literal] as const] : [],
  )
}

/** Words for a key that none of the tables has that fit what is written there. */
function unknownKey(key: string, written: object, tables: readonly Table[]): string {
  const fits = (table: Table) =>
    literalsOf(table).every(([name, value]) => new Map(Object.entries(written)).get(name) === value)
  const elsewhere = tables.filter((table) => Object.hasOwn(table, key)).flatMap(literalsOf)
  if (elsewhere.length > 0) {
    const values = elsewhere.map(([, value]) => JSON.stringify(value)).sort()
    return `key "${key}" goes only with ${elsewhere[0]![0]} = ${values.join(', ')}`
  }
  const known = [...new Set(tables.filter(fits).flatMap(Object.keys))]
  return known.includes(key) ? `key "${key}" does not go with the others here` : unknownName(`key "${key}"`, key, known)
}

/** Words for an unknown name, with the names that were probably meant. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)
  return near.length === 0 ? `unknown ${what}` : `unknown ${what}: did you mean ${near.join(' or ')}?`
}
