import { expect, it } from 'vitest'
import { sectionNameMistake } from '../../../../src/core/text/section-name.ts'

it.each(['master', 'a b', 'x/y', '..', '-x', 'ключ', '[x]', 'constructors'])('%j can be a section', (name) => {
  expect(sectionNameMistake(name)).toBeUndefined()
})

it.each(['', 'a\nb', 'a\u0000', '\u001b[2J', '\u009b', '__proto__', 'prototype', 'constructor'])(
  '%j can be none',
  (name) => {
    expect(sectionNameMistake(name)).toMatch(/^is /)
  },
)
