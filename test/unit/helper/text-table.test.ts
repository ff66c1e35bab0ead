import { expect, it } from 'vitest'
import { formatTable } from '../../../src/helper/text-table.ts'

it('aligns columns and leaves no blanks at the end of a line', () => {
  const rows = [
    ['NAME', 'STATE', 'ROLE'],
    ['a-long-name', 'x', ''],
    ['b', 'yy', 'r'],
  ]
  expect(formatTable(rows)).toBe('NAME         STATE  ROLE\na-long-name  x\nb            yy     r\n')
})

it('keeps a cell on its line', () => {
  expect(formatTable([['a\nb', 'c\u001b[0m']])).toBe('a b  c [0m\n')
})
