import { isDeepStrictEqual } from 'node:util'
import { parse, stringify, TomlError } from 'smol-toml'
import { AwsError } from '../aws-error.ts'
import { withBlockAtEnd, withoutLines } from './text-edit.ts'
import { tomlStatements } from './toml-statements.ts'

/** The values of a table, in the order in which they are written. */
export type TomlFields = Readonly<Record<string, string>>

/** A table as a block of lines: its header, then its keys. */
export function tomlTable(path: readonly string[], fields: TomlFields): string {
  const header = path.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.')
  return `[${header}]\n${stringify(fields)}`
}

/**
 * A document with one table more, at its end. That everything else says what it said is looked at by reading it again.
 * @throws {AwsError} AWS_FILE_NOT_EDITED: it is no TOML; it has the table; a table above it is written inline, and so closed
 */
export function withTable(toml: string, path: readonly string[], fields: TomlFields): string {
  const before = valuesOf(toml)
  const name = path.join('.')
  if (before.some((value) => isBelow(value.path, path))) throw notEdited(`it has ${name} already`)
  const edited = withBlockAtEnd(toml, tomlTable(path, fields))
  const wanted = [...before, ...Object.entries(fields).map(([key, value]) => ({ path: [...path, key], value }))]
  if (!isSame(edited, wanted))
    throw notEdited(`a table above ${name} is written inline, so that no section can be added`)
  return edited
}

/**
 * A document without a table: its header and keys go, with the empty line before them; comments on lines of their own
 * stay. As it is where it has no such table.
 * @throws {AwsError} AWS_FILE_NOT_EDITED: it is no TOML; the table is not a section of its own
 */
export function withoutTable(toml: string, path: readonly string[]): string {
  const before = valuesOf(toml)
  const rest = before.filter((value) => !isBelow(value.path, path))
  const statements = tomlStatements(toml)
  const start = statements.findIndex(({ isHeader, text }) => isHeader && isDeepStrictEqual(pathOf(text), path))
  if (start === -1 && rest.length === before.length) return toml
  const next = statements.findIndex(({ isHeader }, at) => isHeader && at > start)
  const own = start === -1 ? [] : statements.slice(start, next === -1 ? undefined : next)
  const gone = new Set(
    own.flatMap(({ lines: [first, end] }) => Array.from({ length: end - first }, (_, at) => first + at)),
  )
  const edited = start === -1 ? toml : withoutLines(toml, gone)
  if (!isSame(edited, rest)) throw notEdited(`${path.join('.')} is not written as a section of its own`)
  return edited
}

interface TomlValue {
  path: readonly string[]
  value: unknown
}

/** Every value that is no table, with where it stands; tables without any do not count. */
function valuesOf(toml: string): TomlValue[] {
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

function isSame(toml: string, wanted: readonly TomlValue[]): boolean {
  const byPath = (values: readonly TomlValue[]) =>
    new Map(values.map((each) => [JSON.stringify(each.path), each.value]))
  try {
    return isDeepStrictEqual(byPath(valuesOf(toml)), byPath(wanted))
  } catch (error) {
    if (error instanceof AwsError) return false
    throw error
  }
}

function isBelow(path: readonly string[], table: readonly string[]): boolean {
  return table.every((key, at) => path[at] === key)
}

/** The path in a header; that of `[[array]]` is nobody's. */
function pathOf(header: string): readonly string[] | undefined {
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

function notEdited(reason: string, cause?: unknown): AwsError {
  return new AwsError('AWS_FILE_NOT_EDITED', reason, { cause })
}
