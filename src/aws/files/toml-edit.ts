import { isDeepStrictEqual } from 'node:util'
import { parse, stringify, TomlError } from 'smol-toml'
import { sectionHeader } from '../../core/text/section-name.ts'
import { AwsError } from '../aws-error.ts'
import { type LineRange, withBlocksAtEnd, withoutSections } from './text-edit.ts'
import { tomlStatements } from './toml-statements.ts'

/** The values of a table, in the order in which they are written. */
export type TomlFields = Readonly<Record<string, string>>

/** A table as a block of lines: its header, then its keys. */
export function tomlTable(path: readonly string[], fields: TomlFields): string {
  return `${`${sectionHeader(...path)}\n${stringify(fields)}`.trimEnd()}\n`
}

/** A table to be written. */
export interface TomlTable {
  path: readonly string[]
  fields: TomlFields
}

/**
 * A document with more tables, at its end. That everything else says what it said is checked by reading it again.
 * @throws {AwsError} AWS_FILE_NOT_EDITED: it is no TOML; it has one of the tables; a table above one is written inline, and so closed
 */
export function withTables(toml: string, tables: readonly TomlTable[]): string {
  const before = valuesOf(toml)
  const present = tablesIn(before)
  const double = tables.find(({ path }) => present.has(JSON.stringify(path)))
  if (double !== undefined) throw notEdited(`it has ${double.path.join('.')} already`)
  const edited = withBlocksAtEnd(
    toml,
    tables.map(({ path, fields }) => tomlTable(path, fields)),
  )
  const added = tables.flatMap(({ path, fields }) =>
    Object.entries(fields).map(([key, value]) => ({ path: [...path, key], value })),
  )
  if (!isSame(edited, [...before, ...added])) {
    const above = tables[0]!.path.slice(0, -1).join('.')
    throw notEdited(`${above} or a table above it is written inline, so that no section can be added`)
  }
  return edited
}

/**
 * A document without some tables: their headers and keys go, with the empty line before each; comments on lines of their
 * own stay. Those that it does not have are passed over.
 * @throws {AwsError} AWS_FILE_NOT_EDITED: it is no TOML; one of the tables is not a section of its own
 */
export function withoutTables(toml: string, paths: readonly (readonly string[])[]): string {
  const before = valuesOf(toml)
  const wanted = new Set(paths.map((path) => JSON.stringify(path)))
  const rest = before.filter(({ path }) => !path.some((_, at) => wanted.has(JSON.stringify(path.slice(0, at)))))
  const sections: LineRange[][] = []
  let open: LineRange[] | undefined
  for (const { isHeader, text, lines } of tomlStatements(toml)) {
    if (isHeader) {
      open = wanted.has(JSON.stringify(pathOf(text))) ? [] : undefined
      if (open !== undefined) sections.push(open)
    }
    open?.push(lines)
  }
  const edited = withoutSections(toml, sections)
  if (isSame(edited, rest)) return edited
  const present = tablesIn(before)
  const names = paths.filter((path) => present.has(JSON.stringify(path))).map((path) => path.join('.'))
  throw notEdited(`${names.join(', ')}: not written as a section of its own`)
}

/** A value of a document that is no table. */
export interface TomlValue {
  path: readonly string[]
  value: unknown
}

/**
 * Every value that is no table, with where it stands; tables without any do not count.
 * @throws {AwsError} AWS_FILE_NOT_EDITED: it is no TOML
 */
export function valuesOf(toml: string): TomlValue[] {
  try {
    return valuesIn(parse(toml), [])
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const [reason = ''] = cause.message.replace(/^Invalid TOML document: /, '').split('\n')
    throw notEdited(`line ${cause.line}: ${reason}`, cause)
  }
}

function valuesIn(value: unknown, path: readonly string[]): TomlValue[] {
  const isTable = Object.prototype.toString.call(value) === '[object Object]'
  if (!isTable) return [{ path, value }]
  return Object.entries(value as object).flatMap(([key, inner]) => valuesIn(inner, [...path, key]))
}

/** Whether a document has these values and no others. */
export function isSame(toml: string, wanted: readonly TomlValue[]): boolean {
  const byPath = (values: readonly TomlValue[]) =>
    new Map(values.map((each) => [JSON.stringify(each.path), each.value]))
  try {
    return isDeepStrictEqual(byPath(valuesOf(toml)), byPath(wanted))
  } catch (error) {
    if (error instanceof AwsError) return false
    throw error
  }
}

/** The paths of all tables with a value in them, or below them, and of the values. */
function tablesIn(values: readonly TomlValue[]): ReadonlySet<string> {
  return new Set(values.flatMap(({ path }) => path.map((_, at) => JSON.stringify(path.slice(0, at + 1)))))
}

/** The path in a header; that of `[[array]]` is nobody's. */
export function pathOf(header: string): readonly string[] | undefined {
  if (header.trim().startsWith('[[')) return undefined
  const path: string[] = []
  let inner: unknown = parse(header)
  for (;;) {
    const [entry] = Object.entries(inner as object)
    if (entry === undefined) return path
    path.push(entry[0])
    inner = entry[1]
  }
}

/** Why a document stays as it is. */
export function notEdited(reason: string, cause?: unknown): AwsError {
  return new AwsError('AWS_FILE_NOT_EDITED', reason, { cause })
}
