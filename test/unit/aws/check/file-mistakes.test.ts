import { describe, expect, it } from 'vitest'
import { fileMistakes } from '../../../../src/aws/check/file-mistakes.ts'
import { configCases } from '../../../support/aws-config-cases.ts'

const mistakes = (text: string | Buffer) => fileMistakes(Buffer.from(text)).map(({ line, what }) => `${line} ${what}`)

describe('what botocore refuses a file for is found, and nothing else', () => {
  it.each(configCases.map((each) => [each.title, each] as const))(
    '%s',
    (_, { config = '', credentials = '', botocore }) => {
      expect(mistakes(config).length + mistakes(credentials).length > 0).toBe(botocore === null)
    },
  )
})

it.each([
  [
    'a bracket that is never closed',
    '[x\nfoo\n',
    ['1 stands before the first [section]', '2 stands before the first [section]'],
  ],
  ['a line without =', '[a]\nfoo\nx = 1\n', ['2 is neither a [section] nor a key with =']],
  ['a line that begins with =', '[a]\n= 1\n', ['2 is neither a [section] nor a key with =']],
  ['brackets with nothing in them', '[a]\n[]\n', ['2 is neither a [section] nor a key with =']],
  ['a section twice', '[profile a]\nx = 1\n\n[profile a]\nx = 1\n', ['4 is [profile a] again, which line 1 has']],
  [
    'a section three times',
    '[a]\n[a]\n[a]\n',
    ['2 is [a] again, which line 1 has', '3 is [a] again, which line 1 has'],
  ],
  ['a key twice, in other letters', '[a]\nregion = 1\nREGION : 2\n', ['3 is region of [a] again, which line 2 has']],
  [
    '[DEFAULT] with a key twice',
    '[DEFAULT]\nx = 1\n[a]\n[DEFAULT]\nx = 2\n',
    ['5 is x of [DEFAULT] again, which line 2 has'],
  ],
  ['a nested line without =', '[a]\ns3 =\n  # c\n  max = 1\n\n  foo\n', ['6 has no =, under s3']],
  ['a byte order mark', '\uFEFF[a]\n', ['1 begins with a byte order mark, which an editor has put there']],
  [
    'one in the middle, of a file that was appended',
    '[a]\n\uFEFF[b]\n',
    ['2 begins with a byte order mark, which an editor has put there'],
  ],
  ['bytes that are not UTF-8', Buffer.from('[a]\nx = \xe9\n', 'latin1'), ['2 is not UTF-8']],
  ['line ends of an old Mac', '[a]\rfoo\r', ['2 is neither a [section] nor a key with =']],
] as const)('%s has its line', (_, text, expected) => {
  expect(mistakes(text)).toEqual(expected)
})

it.each([
  ['[DEFAULT] twice', '[DEFAULT]\nx = 1\n[DEFAULT]\ny = 1\n'],
  ['one key in two sections', '[a]\nx = 1\n[b]\nx = 1\n'],
  ['two spellings of a section', '[profile a]\n[profile "a"]\n'],
  ['a replacement character that somebody has written', '[a]\nx = \uFFFD\n'],
  ['text behind a header', '[a] = b ; c\n'],
  ['a continued value without =', '[a]\nx = 1\n  foo\n'],
  ['an empty block', '[a]\nx =\n\n'],
  ['nothing', ''],
])('%s is no mistake', (_, text) => {
  expect(mistakes(text)).toEqual([])
})

it('no value is told', () => {
  expect(mistakes('wJalrXUtnFEMI\n[a]\nx = 1\nx = wJalrXUtnFEMI\ny =\n  wJalrXUtnFEMI\n').join()).not.toContain('wJalr')
})
