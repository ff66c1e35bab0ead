import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from './run.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A character cell as a dark terminal shows it: light on black, unless the program sets its own colours. */
const usual = { front: 200, back: 0 }
/** Grey values of what programs set by number (SGR 38;5;N and 48;5;N, xterm's palette of 256). */
const greyOf: Readonly<Record<string, number>> = { 16: 0, 231: 255 }
const modulePixels = 4

/**
 * What a terminal shows as a picture, two pixels high for each cell before it is enlarged. It knows half blocks and the
 * colours above, and nothing else: an unknown command is an error.
 */
export function picture(text: string): { width: number; rows: number[][] } {
  const rows: number[][] = []
  for (const line of text.replaceAll('\r', '').split('\n')) {
    let colours = { ...usual }
    const [upper, lower]: [number[], number[]] = [[], []]
    // What stands before the first command has the usual colours, as after the command `m`.
    for (const part of `m${line}`.split('\u001b[')) {
      const [, command = '', shown = ''] = /^([\d;]*)m(.*)$/u.exec(part) ?? fail(part)
      colours = coloursAfter(command, colours)
      for (const char of shown) {
        const { front, back } = colours
        const halves = { ' ': [back, back], '▀': [front, back], '▄': [back, front] }[char] ?? [front, front]
        upper.push(halves[0]!)
        lower.push(halves[1]!)
      }
    }
    rows.push(upper, lower)
  }
  return { width: Math.max(...rows.map((row) => row.length)), rows }
}

function coloursAfter(command: string, { front, back }: typeof usual): typeof usual {
  if (command === '0' || command === '') return { ...usual }
  const [, frontNumber, backNumber] = /^38;5;(\d+);48;5;(\d+)$/.exec(command) ?? []
  const [newFront, newBack] = [greyOf[frontNumber ?? ''], greyOf[backNumber ?? '']]
  if (newFront === undefined || newBack === undefined) fail(command)
  return { front: newFront ?? front, back: newBack ?? back }
}

function fail(command: string): never {
  throw new Error(`a command that this terminal does not know: ${JSON.stringify(command)}`)
}

/** What a phone would read from the screen of a dark terminal, by zbarimg. */
export async function qrCodeOn(screen: string): Promise<string> {
  const { width, rows } = picture(screen)
  const scaled = rows.flatMap((row) => {
    const whole = [...row, ...Array<number>(width - row.length).fill(usual.back)]
    const line = whole.flatMap((grey) => Array<number>(modulePixels).fill(grey)).join(' ')
    return Array<string>(modulePixels).fill(line)
  })
  const file = join(temporaryFolder(), 'screen.pgm')
  writeFileSync(file, `P2\n${width * modulePixels} ${scaled.length}\n255\n${scaled.join('\n')}\n`)
  return (await runOk('zbarimg', ['--nodbus', '--raw', '--quiet', '-Sdisable', '-Sqrcode.enable', file])).trim()
}
