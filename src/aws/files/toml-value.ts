import { stringify } from 'smol-toml'
import { linesOf } from '../config/ini.ts'
import { isSame, notEdited, pathOf, type TomlValue, valuesOf, withTables } from './toml-edit.ts'
import { type TomlStatement, tomlStatements } from './toml-statements.ts'

/** A text to be written into a table. */
export interface TomlEntry {
  path: readonly string[]
  key: string
  value: string
  /** What stands there now, and is to be replaced; absent: nothing may. */
  former?: string | undefined
}

/**
 * A document with a text in one of its tables, which is added at the end where it is not there. Nothing else changes; that
 * is checked by reading the document again.
 * @throws {AwsError} AWS_FILE_NOT_EDITED: it is no TOML; it has another value; the table is not a section of its own
 */
export function withEntry(toml: string, { path, key, value, former }: TomlEntry): string {
  const before = valuesOf(toml)
  const place = JSON.stringify([...path, key])
  const present = before.find((each) => JSON.stringify(each.path) === place)?.value
  if (present === value) return toml
  const name = [...path, key].join('.')
  if (present !== former) throw notEdited(`it has ${name} = ${JSON.stringify(present)} already`)
  const section = sectionOf(toml, path)
  if (section === undefined) {
    if (hasValuesIn(before, path)) throw notEdited(`${path.join('.')} is not written as a section of its own`)
    return withTables(toml, [{ path, fields: { [key]: value } }])
  }
  const edited =
    former === undefined
      ? withLineAfter(toml, section.at(-1)!, stringify({ [key]: value }).trimEnd())
      : withValue(toml, section, key, former, value)
  const rest = before.filter((each) => JSON.stringify(each.path) !== place)
  if (isSame(edited, [...rest, { path: [...path, key], value }])) return edited
  throw notEdited(`${name} is not written on a line of its own`)
}

/** A document with a section, which may be empty; it is added at the end where it is not there. @throws {AwsError} as `withEntry` */
export function withSection(toml: string, path: readonly string[]): string {
  const isThere = hasValuesIn(valuesOf(toml), path) || sectionOf(toml, path) !== undefined
  return isThere ? toml : withTables(toml, [{ path, fields: {} }])
}

const hasValuesIn = (values: readonly TomlValue[], path: readonly string[]) =>
  values.some((each) => path.every((part, at) => each.path[at] === part))

/** The header of a table and what stands below it, up to the next header; undefined where it has none. */
function sectionOf(toml: string, path: readonly string[]): TomlStatement[] | undefined {
  const statements = tomlStatements(toml)
  const wanted = JSON.stringify(path)
  const first = statements.findIndex(({ isHeader, text }) => isHeader && JSON.stringify(pathOf(text)) === wanted)
  if (first === -1) return undefined
  const next = statements.findIndex(({ isHeader }, index) => index > first && isHeader)
  return statements.slice(first, next === -1 ? undefined : next)
}

/** With the line end of the line before; the last line of a document stays without one, if it had none. */
function withLineAfter(toml: string, { lines: [, end] }: TomlStatement, added: string): string {
  const lines = linesOf(toml)
  const before = lines[end - 1]!
  const lineEnd = /(?:\r\n|\r|\n)$/.exec(before)?.[0]
  const inserted = lineEnd === undefined ? [`\n${added}`] : [`${added}${lineEnd}`]
  return [...lines.slice(0, end), ...inserted, ...lines.slice(end)].join('')
}

/** The text in quotes alone changes: a comment behind it stays. */
function withValue(
  toml: string,
  section: readonly TomlStatement[],
  key: string,
  former: string,
  value: string,
): string {
  const lines = linesOf(toml)
  for (const {
    isHeader,
    text,
    lines: [first, end],
  } of section) {
    const values = isHeader ? [] : valuesOf(text)
    if (!values.some((each) => JSON.stringify(each.path) === JSON.stringify([key]) && each.value === former)) continue
    const changed = text.replace(/=\s*(?:"(?:\\.|[^"\\])*"|'[^']*')/, () => `= ${JSON.stringify(value)}`)
    return [...lines.slice(0, first), changed, ...lines.slice(end)].join('')
  }
  return toml
}
