/** One `key = value` of a section. */
export interface IniEntry {
  /** In lower case. */
  key: string
  /** With its continuation lines, joined by line feeds. A comment after it on the same line is part of it. */
  value: string
  /** Where it stands: the numbers of its first line and of the line after its last, counted from 0. */
  lines: readonly [number, number]
}

/** What stands between two headers. */
export interface IniSection {
  /** Between the brackets, blanks included: they count for botocore. */
  header: string
  /** The number of the header's line, counted from 0. */
  line: number
  entries: IniEntry[]
}

/**
 * Reads the format of the shared files as botocore does, by Python's `configparser.RawConfigParser` (its documentation,
 * "Supported INI File Structure"): `=` or `:` separates, a line indented more deeply than its key continues the value,
 * `#` and `;` begin a comment only at the start of a line, and nothing is interpolated. What makes botocore refuse the
 * whole file is skipped here, so that a mistake in one profile does not disable the others; sections and keys may come
 * twice.
 * @param onSkipped told the number of each such line, counted from 0: one before the first header, or one that is neither
 * header nor key
 */
export function parseIni(
  text: string,
  onSkipped: (line: number, isBeforeSections: boolean) => void = () => {},
): IniSection[] {
  const sections: IniSection[] = []
  let section: IniSection | undefined
  let open: { key: string; parts: string[]; first: number; end: number } | undefined
  let depth = 0

  const close = () => {
    if (section !== undefined && open !== undefined) {
      const { key, parts, first, end } = open
      section.entries.push({ key, value: parts.join('\n').trimEnd(), lines: [first, end] })
    }
    open = undefined
  }

  // A byte order mark is not part of the first line, and `trim` removes it as well.
  linesOf(text).forEach((line, number) => {
    const content = line.trim()
    if (content === '') open?.parts.push('')
    if (content === '' || content.startsWith('#') || content.startsWith(';')) return
    const indent = line.replace(/^\uFEFF/, '').search(/\S/)
    if (open !== undefined && indent > depth) {
      open.parts.push(content)
      open.end = number + 1
      return
    }
    close()
    depth = indent
    const header = headerOf(content)
    if (header !== undefined) {
      section = { header, line: number, entries: [] }
      sections.push(section)
      return
    }
    const separator = content.search(/[=:]/)
    if (section === undefined || separator < 1) onSkipped(number, section === undefined)
    if (separator < 1) return
    const value = content.slice(separator + 1).trimStart()
    open = { key: content.slice(0, separator).trimEnd().toLowerCase(), parts: [value], first: number, end: number + 1 }
  })
  close()
  return sections
}

/** The lines of a text with their ends, whatever these are. */
export function linesOf(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? []
}

/** Up to the last bracket: what follows it is ignored, comment or not. */
function headerOf(content: string): string | undefined {
  const end = content.startsWith('[') ? content.lastIndexOf(']') : -1
  return end < 2 ? undefined : content.slice(1, end)
}
