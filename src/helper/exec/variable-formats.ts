import { displayJson } from '../../core/text/display-text.ts'
import { scriptWord } from '../../core/text/shell-word.ts'

/** Variables to be set, and those that would contradict them. */
export interface VariableChange {
  set: Readonly<Record<string, string>>
  /** Unset where the format can say so. */
  unset: readonly string[]
}

type Format = (change: VariableChange) => string

const entriesOf = ({ set }: VariableChange) => Object.entries(set)

const sh: Format = (change) =>
  [
    ...(change.unset.length === 0 ? [] : [`unset ${change.unset.join(' ')}`]),
    ...entriesOf(change).map(([name, value]) => `export ${name}=${scriptWord(value)}`),
  ].join('\n')

const fish: Format = (change) =>
  [
    ...change.unset.map((name) => `set -e ${name};`),
    ...entriesOf(change).map(([name, value]) => `set -gx ${name} ${fishWord(value)};`),
  ].join('\n')

const powershell: Format = (change) =>
  [
    ...change.unset.map((name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`),
    ...entriesOf(change).map(([name, value]) => `$Env:${name} = ${powershellWord(value)}`),
  ].join('\n')

const dotenv: Format = (change) =>
  entriesOf(change)
    .map(([name, value]) => `${name}=${dotenvWord(value)}`)
    .join('\n')

const json: Format = ({ set }) => displayJson(set, 2)

/** The formats by their names. */
export const variableFormats = { sh, fish, powershell, dotenv, json } as const satisfies Record<string, Format>

/** The name of a format. */
export type VariableFormat = keyof typeof variableFormats

/** Whether text is the name of a format. */
export function isVariableFormat(text: string): text is VariableFormat {
  return Object.hasOwn(variableFormats, text)
}

/** Within single quotes fish knows two escapes (fish-doc, "Quotes"). */
function fishWord(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** PowerShell takes typographic quotes for quotes too (about_Quoting_Rules; the language specification, 2.3.5.2). */
function powershellWord(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`
}

/** Plain where possible: `docker --env-file` takes quotes for a part of the value, where other readers strip them. */
function dotenvWord(text: string): string {
  if (/^[\w@%+=:,./-]*$/.test(text)) return text
  return text.includes("'") ? `"${text.replace(/[\\"$\x60]/g, '\\$&')}"` : `'${text}'`
}
