import { isUtf8 } from 'node:buffer'
import { type IniEntry, type IniSection, linesOf, parseIni } from '../config/ini.ts'
import type { FileMistake } from './check-facts.ts'

/**
 * What makes botocore refuse the whole of a file, in the order of the lines: what Python's strict `configparser` refuses
 * ("Supported INI File Structure"), and lines without `=` in a nested block (configloader, _parse_nested).
 */
export function fileMistakes(bytes: Buffer): FileMistake[] {
  const text = bytes.toString('utf8')
  const lines = linesOf(text)
  const found: FileMistake[] = []
  const add = (number: number, what: string) => found.push({ line: number + 1, what })
  const sections = parseIni(text, (number, isBeforeSections) => {
    add(number, isBeforeSections ? 'stands before the first [section]' : 'is neither a [section] nor a key with =')
  })
  lines.forEach((line, number) => {
    if (line.startsWith('\uFEFF')) add(number, 'begins with a byte order mark, which an editor has put there')
  })
  if (!isUtf8(bytes))
    add(
      Math.max(
        0,
        lines.findIndex((line) => line.includes('\uFFFD')),
      ),
      'is not UTF-8',
    )
  for (const { number, what } of [...repeated(sections), ...unevenBlocks(sections, lines)]) add(number, what)
  return found.sort((one, other) => one.line - other.line)
}

/** Sections that stand twice, and keys that do so in one of them. Only `[DEFAULT]` may come again, with other keys. */
function* repeated(sections: readonly IniSection[]): Generator<{ number: number; what: string }> {
  const headers = new Map<string, number>()
  const keys = new Map<string, number>()
  for (const [at, { header, line, entries }] of sections.entries()) {
    const isDefault = header === 'DEFAULT'
    const former = headers.get(header)
    if (former !== undefined && !isDefault) yield { number: line, what: again(`[${header}]`, former) }
    headers.set(header, former ?? line)
    for (const { key, lines } of entries) {
      const place = `${isDefault ? '' : at} ${key}`
      const first = keys.get(place)
      if (first !== undefined) yield { number: lines[0], what: again(`${key} of [${header}]`, first) }
      else keys.set(place, lines[0])
    }
  }
}

const again = (what: string, former: number) => `is ${what} again, which line ${former + 1} has`

/** A value whose first line is empty is a block of keys. */
function* unevenBlocks(sections: readonly IniSection[], lines: readonly string[]) {
  const blocks = sections.flatMap(({ entries }) => entries.filter(({ value }: IniEntry) => value.startsWith('\n')))
  for (const { key, lines: range } of blocks) {
    for (let number = range[0] + 1; number < range[1]; number += 1) {
      const content = lines[number]!.trim()
      if (content !== '' && !/^[#;]/.test(content) && !content.includes('='))
        yield { number, what: `has no =, under ${key}` }
    }
  }
}
