/** A place in a text: line and column from 1. */
export interface TextPosition {
  line: number
  column: number
}

/**
 * Finds where a TOML document sets the key at `path`: the key itself, or the nearest of its parents that is written.
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
  toml.split('\n').forEach((text, index) => {
    const header = /^(\s*\[\[?\s*)([^\]]+?)\s*\]/.exec(text)
    if (header !== null) {
      table = splitKey(header[2]!)
      consider(table, index + 1, header[1]!.length + 1)
      return
    }
    const assignment = /^(\s*)((?:"[^"]*"|'[^']*'|[\w-]+|\s*\.\s*)+?)\s*=/.exec(text)
    if (assignment === null) return
    const key = [...table, ...splitKey(assignment[2]!)]
    consider(key, index + 1, assignment[1]!.length + 1)
    const valueStart = assignment[0].length
    for (const inner of text.slice(valueStart).matchAll(/[{,]\s*([\w-]+)\s*=/g)) {
      const offset = inner.index + inner[0].indexOf(inner[1]!)
      consider([...key, inner[1]!], index + 1, valueStart + offset + 1)
    }
  })
  return { line: best.line, column: best.column }
}

/** The parts of a dotted TOML key: `a."b.c".d` → a, b.c, d. */
function splitKey(dotted: string): string[] {
  return [...dotted.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map((part) => part[1] ?? part[2] ?? part[3]!)
}
