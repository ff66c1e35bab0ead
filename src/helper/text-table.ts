import { displayLine } from '../core/text/display-text.ts'

/**
 * Columns of text, each as wide as its widest cell, two blanks apart; the first row is the heading.
 * @param indent in front of each line
 */
export function formatTable(rows: readonly (readonly string[])[], indent = ''): string {
  const cells = rows.map((row) => row.map((cell) => displayLine(cell)))
  const widths: number[] = []
  for (const row of cells) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')
  return cells.map((row) => `${indent}${line(row).trimEnd()}\n`).join('')
}
