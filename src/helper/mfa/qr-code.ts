import { encode } from 'uqr'

/** Light modules around the code, without which few apps find it (ISO/IEC 18004, "quiet zone"). */
const quietZone = 4

/**
 * Black on white whatever the colours of the terminal are, by their numbers in its palette of 256: the first 16 of that
 * are the user's own.
 */
const blackOnWhite = '\u001b[38;5;16;48;5;231m'
const usualColours = '\u001b[0m'

/** By whether the upper and the lower module are dark. */
const cells = { upper: '▀', lower: '▄', both: '█', none: ' ' } as const

/** A QR code for a terminal. */
export interface TerminalQrCode {
  /** In characters. */
  columns: number
  rows: number
  /** Lines with their ends and with commands that set colours. */
  text: string
}

/** Draws a QR code of half blocks: a character is two modules high, which makes the modules about square. */
export function drawQrCode(content: string): TerminalQrCode {
  const { data, size } = encode(content, { ecc: 'L', border: quietZone })
  const lines: string[] = []
  for (let y = 0; y < size; y += 2) {
    const [upper = [], lower = []] = [data[y], data[y + 1]]
    const line = upper.map((isUpper, x) => cells[nameOf(isUpper, lower[x] === true)]).join('')
    lines.push(`${blackOnWhite}${line}${usualColours}\n`)
  }
  return { columns: size, rows: lines.length, text: lines.join('') }
}

function nameOf(isUpper: boolean, isLower: boolean): keyof typeof cells {
  if (isUpper) return isLower ? 'both' : 'upper'
  return isLower ? 'lower' : 'none'
}
