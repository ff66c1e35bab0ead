import { parse } from 'smol-toml'
import { expect, it } from 'vitest'
import { sectionHeader, sectionNameMistake } from '../../../../src/core/text/section-name.ts'

it.each(['master', 'a b', 'x/y', '..', 'x-', 'ключ', '[x]', 'constructors'])('%j can be a section', (name) => {
  expect(sectionNameMistake(name)).toBeUndefined()
})

it.each(['', 'a\nb', 'a\u0000', '\u001b[2J', '\u009b', '__proto__', 'prototype', 'constructor'])(
  '%j can be none',
  (name) => {
    expect(sectionNameMistake(name)).toMatch(/^is /)
  },
)

it.each(['-x', '--', '-'])('%j can be none, since commands that have it are shown', (name) => {
  expect(sectionNameMistake(name)).toBe('begins with a hyphen, as an option of a command does')
})

it.each(['dev', 'a b', 'a.b', 'it"s\\', 'ключ'])('%j has a header that TOML reads', (name) => {
  expect(parse(sectionHeader('aws', 'profile', name))).toEqual({ aws: { profile: { [name]: {} } } })
})
