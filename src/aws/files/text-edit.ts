import { linesOf } from '../config/ini.ts'

const byteOrderMark = '\uFEFF'

/**
 * A text with blocks of lines at its end, each after an empty line. It keeps its own line ends, and ends with one only
 * where it did before: `withoutSections` of the blocks gives the text back, byte by byte.
 * @param blocks lines that end with line feeds
 */
export function withBlocksAtEnd(text: string, blocks: readonly string[]): string {
  if (blocks.length === 0) return text
  const end = lineEndOf(text)
  const lines = blocks.join('\n').trimEnd().split('\n').join(end)
  if (text === '' || text === byteOrderMark) return `${text}${lines}${end}`
  return /[\r\n]$/.test(text) ? `${text}${end}${lines}${end}` : `${text}${end}${end}${lines}`
}

/** How the lines of a text end: as its last one does, since two different ones could be read as one. */
export function lineEndOf(text: string): string {
  return /(?:\r\n|\r|\n)(?=[^\r\n]*$)/.exec(text)?.[0] ?? '\n'
}

/** Where lines stand: the number of the first and that of the line after the last, counted from 0. */
export type LineRange = readonly [number, number]

/** A text without the lines of some sections, and without the empty line before each of them. */
export function withoutSections(text: string, sections: readonly (readonly LineRange[])[]): string {
  const lines = linesOf(text)
  const gone = new Set<number>()
  for (const ranges of sections) {
    const before = Math.min(...ranges.map(([first]) => first)) - 1
    if (lines[before]?.trim() === '') gone.add(before)
    for (const [first, end] of ranges) for (let number = first; number < end; number += 1) gone.add(number)
  }
  const kept = lines.filter((_, number) => !gone.has(number)).join('')
  const isEndGone = gone.has(lines.length - 1) && !/[\r\n]$/.test(text)
  const rest = isEndGone ? kept.replace(/(\r\n|\r|\n)$/, '') : kept
  return text.startsWith(byteOrderMark) && gone.has(0) ? `${byteOrderMark}${rest}` : rest
}
