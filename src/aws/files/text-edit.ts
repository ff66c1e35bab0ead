import { linesOf } from '../config/ini.ts'

const byteOrderMark = '\uFEFF'

/**
 * A text with a block of lines at its end, after an empty line. It keeps its own line ends, and ends with one only where
 * it did before: `withoutLines` of the block gives the text back, byte by byte.
 * @param block lines that end with line feeds
 */
export function withBlockAtEnd(text: string, block: string): string {
  // The last one: two different ones could be read as one.
  const end = /(?:\r\n|\r|\n)(?=[^\r\n]*$)/.exec(text)?.[0] ?? '\n'
  const lines = block.trimEnd().split('\n').join(end)
  if (text === '' || text === byteOrderMark) return `${text}${lines}${end}`
  return /[\r\n]$/.test(text) ? `${text}${end}${lines}${end}` : `${text}${end}${end}${lines}`
}

/** A text without some of its lines, and without the empty one before the first of them. @param gone numbers from 0 */
export function withoutLines(text: string, gone: ReadonlySet<number>): string {
  const lines = linesOf(text)
  const before = Math.min(...gone) - 1
  const isGone = (number: number) => gone.has(number) || (number === before && lines[number]!.trim() === '')
  const kept = lines.filter((_, number) => !isGone(number)).join('')
  const isEndGone = isGone(lines.length - 1) && !/[\r\n]$/.test(text)
  const rest = isEndGone ? kept.replace(/(\r\n|\r|\n)$/, '') : kept
  return text.startsWith(byteOrderMark) && isGone(0) ? `${byteOrderMark}${rest}` : rest
}
