import { expect, it } from 'vitest'
import { diffLines } from '../../../../src/helper/service/line-diff.ts'

it.each([
  ['a changed line', 'a\nb\nc\n', 'a\nx\nc\n', '  a\n- b\n+ x\n  c\n'],
  ['an added line', 'a\nc\n', 'a\nb\nc\n', '  a\n+ b\n  c\n'],
  ['a removed line', 'a\nb\nc\n', 'a\nc\n', '  a\n- b\n  c\n'],
  ['lines at the end', 'a\n', 'a\nb\nc\n', '  a\n+ b\n+ c\n'],
  ['nothing in common', 'a\n', 'b\n', '- a\n+ b\n'],
  ['an empty line', 'a\n\nb\n', 'a\nb\n', '  a\n-\n  b\n'],
])('shows %s', (_what, before, after, diff) => {
  expect(diffLines(before, after)).toBe(diff)
})
