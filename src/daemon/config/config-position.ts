/** A place in a text: line and column from 1. */
export interface TextPosition {
  line: number
  column: number
}

/**
 * Finds where a TOML document sets the key at `path`: the key itself, or its nearest parent that is in the document.
 * It reads headers, dotted keys and the inner keys of inline tables, which is all that a path needs; the document has
 * been parsed already.
 */
export function locateKey(toml: string, path: readonly string[]): TextPosition {
  let best: TextPosition & { depth: number } = { line: 1, column: 1, depth: 0 }
  let table: readonly string[] = []
  const consider = (written: readonly string[], line: number, column: number) => {
    const depth = Math.min(written.length, path.length)
    if (depth > best.depth && written.slice(0, depth).every((key, index) => key === path[index])) {
      best = { line, column, depth }
    }
  }
  // No key is compared beyond the length of the wanted one.
  const within = (...parts: readonly string[]) => parts.slice(0, path.length)
  toml.split('\n').forEach((text, index) => {
    const [brackets] = /^\s*\[\[?\s*/.exec(text) ?? []
    if (brackets !== undefined) {
      const key = readKey(text, brackets.length, path.length)
      if (text[key.end] !== ']') return
      table = key.parts
      consider(table, index + 1, brackets.length + 1)
      return
    }
    const start = text.search(/\S|$/)
    const { parts, end } = readKey(text, start, path.length)
    if (parts.length === 0 || text[end] !== '=') return
    const key = within(...table, ...parts)
    consider(key, index + 1, start + 1)
    for (const inner of text.slice(end + 1).matchAll(/[{,]\s*([\w-]+)\s*=/g)) {
      const offset = inner.index + inner[0].indexOf(inner[1]!)
      consider(within(...key, inner[1]!), index + 1, end + 1 + offset + 1)
    }
  })
  return { line: best.line, column: best.column }
}

/**
 * The parts of a dotted TOML key: `a."b.c".d` → a, b.c, d; and where it ends. Read part by part: a pattern for the whole
 * key would try every way to split a long one.
 * @param maxParts further parts are skipped
 */
function readKey(text: string, start: number, maxParts: number): { parts: readonly string[]; end: number } {
  const part = /\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*(\.)?/y
  const parts: string[] = []
  let end = start
  for (let isOpen = true; isOpen; ) {
    part.lastIndex = end
    const [whole, double, single, plain, dot] = part.exec(text) ?? []
    if (whole === undefined) break
    if (parts.length < maxParts) parts.push(double ?? single ?? plain!)
    end += whole.length
    isOpen = dot !== undefined
  }
  return { parts, end }
}
