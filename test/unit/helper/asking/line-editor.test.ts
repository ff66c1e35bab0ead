import { expect, it } from 'vitest'
import { createLineEditor } from '../../../../src/helper/asking/line-editor.ts'

it.each([
  ['a line', '123456\r', '123456'],
  ['a line of a terminal that edits lines itself', '123456\n', '123456'],
  ['blanks around it, which a password may have', '  hunter2 \r', '  hunter2 '],
  ['blanks inside it', 'pass word\r', 'pass word'],
  ['letters of other scripts', 'pässwörd🔑\r', 'pässwörd🔑'],
  ['an erased letter', 'ab🔑\u007fc\bd\r', 'abd'],
  ['more erased than there is', 'a\u007f\u007f\u007fb\r', 'b'],
  ['an erased line', 'wrong\u0015right\r', 'right'],
  ['arrow and function keys', 'a\u001b[Db\u001bOPc\u001b[15~d\r', 'abcd'],
  ['a lone escape', 'a\u001bxb\r', 'ab'],
  ['other control characters', 'a\u0001\tb\u0000\r', 'ab'],
  ['end of input inside a line', 'a\u0004b\r', 'ab'],
  ['nothing', '\r', ''],
])('reads %s', (_what, keys, text) => {
  expect(createLineEditor()(keys)).toEqual({ type: 'line', text })
})

it('reads the same key by key', () => {
  const edit = createLineEditor()
  for (const key of ['1', '\u001b', '[', 'D', '2']) expect(edit(key)).toEqual({ type: 'more' })
  expect(edit('\r')).toEqual({ type: 'line', text: '12' })
})

it.each([
  ['Ctrl-C', 'pass\u0003'],
  ['Ctrl-D at the start', '\u0004'],
])('is cancelled by %s', (_what, keys) => {
  expect(createLineEditor()(keys)).toEqual({ type: 'cancelled' })
})

it('keeps no more than the API takes', () => {
  expect(createLineEditor()(`${'x'.repeat(9000)}\r`)).toEqual({ type: 'line', text: 'x'.repeat(4096) })
})
