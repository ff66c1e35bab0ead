import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { displayLine } from '../../../../src/core/text/display-text.ts'
import { scriptWord, shellPath, shellWord } from '../../../../src/core/text/shell-word.ts'

describe('a shell word', () => {
  it.each(['dev', 'team/dev', 'jo@example.com', '/run/user/1000/latchkey'])('is left as it is: %s', (text) => {
    expect(scriptWord(text)).toBe(text)
  })

  it.each(['', 'a b', "it's", '$(id)', '`id`', 'a;b', '"', '\\', '*', 'a\nb', "'; echo x; '", '~', 'ü'])(
    'means itself to a shell: %j',
    (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${scriptWord(text)}`], { encoding: 'utf8' })).toBe(text)
    },
  )
})

describe('a word that is pasted from one line', () => {
  const meant = (word: string) =>
    execFileSync('sh', ['-c', `printf %s ${displayLine(word, Number.POSITIVE_INFINITY)}`], { encoding: 'utf8' })

  it.each([
    'a b',
    "it's",
    '$(id)',
    'a  b',
    ' a',
    'a\nb',
    '\u001b[31m',
    'a\u202eb',
    "'%s\\ \n%",
    'ü  ü',
    '',
    'x'.repeat(2000),
  ])('means itself to a shell: %j', (text) => {
    expect(meant(shellWord(text))).toBe(text)
  })

  it.each([
    ['-O', './-O'],
    ['-', './-'],
    ['--  x', './--  x'],
    ['/a/-b', '/a/-b'],
    ['a', 'a'],
  ])('is no option where it is a path: %j', (path, same) => {
    expect(meant(shellPath(path))).toBe(same)
  })
})
