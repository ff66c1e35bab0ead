import { describe, expect, it } from 'vitest'
import { displayJson, displayLine, displayLines, foreignText } from '../../../../src/core/text/display-text.ts'
import { terminalCommands } from '../../../support/terminal-commands.ts'

/** What must never reach a terminal, by name; each stands for its kind. */
const hostile = {
  'ESC [': '\u001b[2J',
  'C1 CSI': '\u009b2J',
  'C1 OSC': '\u009d0;title\u0007',
  NUL: '\u0000',
  DEL: '\u007f',
  'right-to-left override': '\u202e',
  'left-to-right isolate': '\u2066',
  'zero width joiner': '\u200d',
  'soft hyphen': '\u00ad',
  'byte order mark': '\ufeff',
  'line separator': '\u2028',
  'paragraph separator': '\u2029',
  'half a character': '\ud83d',
  'the other half': '\ude00',
  'a tag character': '\u{e0041}',
} as const

describe.each(Object.entries(hostile))('%s', (_name, text) => {
  it('is a blank on a line', () => {
    expect(terminalCommands(displayLine(`a${text}b`))).toEqual([])
    expect(displayLine(`a${String.fromCodePoint(text.codePointAt(0)!)}b`)).toBe('a b')
  })

  it('is a blank in a text of several lines', () => {
    expect(displayLines(`a${String.fromCodePoint(text.codePointAt(0)!)}b\n`)).toBe('a b\n')
  })

  it('is escaped in JSON, which means the same', () => {
    const json = displayJson({ [text]: [text, 1] }, 2)
    expect(terminalCommands(json)).toEqual([])
    expect(JSON.parse(json)).toEqual({ [text]: [text, 1] })
  })
})

it('leaves every other text as it is', () => {
  const text = 'Grüße, 日本語 😀 "quoted" \\ path/to'
  expect(displayLine(text)).toBe(text)
  expect(displayLines(`${text}\n\tx\n`)).toBe(`${text}\n\tx\n`)
  expect(displayJson(text)).toBe(JSON.stringify(text))
  expect(displayJson({ a: [1, true, null] }, 2)).toBe(JSON.stringify({ a: [1, true, null] }, undefined, 2))
})

it('turns many lines into one of limited length', () => {
  expect(displayLine('  a\r\n\tb\u00a0 \u2003c ')).toBe('a b c')
  expect(displayLine('x'.repeat(5000))).toBe(`${'x'.repeat(1000)}…`)
  expect(displayLine('ab😀', 3)).toBe('ab…')
})

describe('text from a server', () => {
  it('is short', () => {
    expect(foreignText('x'.repeat(1000), [])).toBe(`${'x'.repeat(300)}…`)
  })

  it('does not repeat the secrets that were sent', () => {
    expect(foreignText('no such token s.abc, s.abc', ['s.abc', ''])).toBe('no such token [redacted], [redacted]')
  })
})
