import { linesOf } from '../config/ini.ts'

/** A header or a `key = value` of a TOML document; comments and empty lines are none. */
export interface TomlStatement {
  /** Where it stands: the numbers of its first line and of the line after its last, counted from 0. */
  lines: readonly [number, number]
  isHeader: boolean
  text: string
}

/** The statements of a document, which is known to be valid TOML. A value may go over many lines (TOML 1.0, "String", "Array"). */
export function tomlStatements(toml: string): TomlStatement[] {
  const statements: TomlStatement[] = []
  let open: { first: number; text: string } | undefined
  let state: ScanState = { depth: 0, quote: undefined }
  linesOf(toml).forEach((line, number) => {
    const content = line.trim()
    if (open === undefined && (content === '' || content.startsWith('#'))) return
    open ??= { first: number, text: '' }
    open.text += line
    state = scanLine(line, state)
    if (state.quote !== undefined || state.depth > 0) return
    const isHeader = open.text.trim().startsWith('[')
    statements.push({ lines: [open.first, number + 1], isHeader, text: open.text })
    open = undefined
  })
  return statements
}

/** How far a value is open: the brackets around, and the quotes that end the string. */
interface ScanState {
  depth: number
  quote: string | undefined
}

/** Up to the quotes that end a string: only those in double quotes have escapes; two more of them may belong to a long one. */
const stringEnds: Readonly<Record<string, RegExp>> = {
  '"': /(?:\\.|[^"\\])*"/y,
  "'": /[^']*'/y,
  '"""': /(?:\\.|(?!""")[^\\])*"""(?:"{0,2})/sy,
  "'''": /(?:(?!''').)*'''(?:'{0,2})/sy,
}

function scanLine(line: string, { depth, quote }: ScanState): ScanState {
  let at = 0
  const endString = (quotes: string): boolean => {
    const end = stringEnds[quotes]!
    end.lastIndex = at
    const match = end.exec(line)
    if (match !== null) at += match[0].length
    return match !== null
  }
  if (quote !== undefined && !endString(quote)) return { depth, quote }
  const tokens = /"""|'''|["'#[\]{}]|[^"'#[\]{}]+/y
  while (at < line.length) {
    tokens.lastIndex = at
    const [token] = tokens.exec(line)!
    at += token.length
    if (token === '#') break
    if (token === '[' || token === '{') depth += 1
    if (token === ']' || token === '}') depth -= 1
    if (Object.hasOwn(stringEnds, token) && !endString(token)) return { depth, quote: token }
  }
  return { depth, quote: undefined }
}
