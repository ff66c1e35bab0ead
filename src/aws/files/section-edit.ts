import { type IniEntry, type IniSection, linesOf, parseIni } from '../config/ini.ts'
import { configHeader } from '../config/profile-header.ts'
import { lineEndOf, withBlocksAtEnd } from './text-edit.ts'

/** The section of a profile in the text of an AWS config file: the one that botocore sees, where there are several. */
export function sectionOf(text: string, profile: string): IniSection | undefined {
  const named = parseIni(text).flatMap((section) => {
    const header = configHeader(section.header)
    return header?.name === profile ? [{ section, isExact: header.isExact }] : []
  })
  return (named.find(({ isExact }) => isExact) ?? named[0])?.section
}

/**
 * The text with a line at the end of a profile's section.
 * @param line `key = value`; @param header of the section, where there is none yet
 */
export function withLine(text: string, profile: string, line: string, header: string): string {
  const section = sectionOf(text, profile)
  if (section === undefined) return withBlocksAtEnd(text, [`${header}\n${line}\n`])
  const at = section.entries.at(-1)?.lines[1] ?? section.line + 1
  const lines = linesOf(text)
  const end = lineEndOf(text)
  const before = lines[at - 1]!
  const isEnded = /[\r\n]$/.test(before)
  const added = isEnded ? [before, `${line}${end}`] : [`${before}${end}`, line]
  return [...lines.slice(0, at - 1), ...added, ...lines.slice(at)].join('')
}

/** The text with another value of a key that a profile's section has; the same text where it has none. */
export function withValue(text: string, profile: string, key: string, value: string): string {
  return replaceEntry(text, profile, key, (line) =>
    line.replace(/([=:]\s*)[^\r\n]*/, (_, separator: string) => `${separator}${value}`),
  )
}

/** The text without a key of a profile's section. */
export function withoutEntry(text: string, profile: string, key: string): string {
  return replaceEntry(text, profile, key, () => '')
}

function replaceEntry(text: string, profile: string, key: string, change: (line: string) => string): string {
  const entries = sectionOf(text, profile)?.entries ?? []
  const found: readonly IniEntry[] = entries.filter((entry) => entry.key === key)
  return linesOf(text)
    .map((line, number) => {
      const entry = found.find(({ lines: [first, end] }) => number >= first && number < end)
      return entry === undefined ? line : number === entry.lines[0] ? change(line) : ''
    })
    .join('')
}
