import { displayLine, displayLines } from '../../core/text/display-text.ts'

/**
 * Lines that a command could not write into a file or take out of it, for a person to do so; empty where there are none.
 * @param lines end with line feeds
 */
export function linesByHand(what: 'write into' | 'take out of', path: string, lines: string): string {
  return lines === '' ? '' : `${what} ${displayLine(path)}:\n\n${displayLines(lines)}\n`
}
