import { expect, it } from 'vitest'
import { namesWithin, nearestNames } from '../../../../src/core/text/near-names.ts'

it.each([
  ['prdo', ['dev', 'prod', 'chained'], ['prod']],
  ['DEV', ['dev', 'prod'], ['dev']],
  ['adress', ['address', 'namespace'], ['address']],
  ['dve', ['dev', 'prod'], ['dev']],
  ['cha', ['chained', 'prod'], ['chained']],
  ['zzzzzz', ['dev', 'prod'], []],
  ['dev', [], []],
])('finds for %j among %j: %j', (name, known, near) => {
  expect(nearestNames(name, known)).toEqual(near)
})

it('puts the nearest first and gives at most three', () => {
  expect(nearestNames('prod', ['prod-eu-west', 'prods', 'prod1', 'pro', 'prod'])).toEqual(['prod', 'prods', 'prod1'])
})

it('does not take a single letter as the beginning of a name', () => {
  expect(nearestNames('c', ['chained'])).toEqual([])
})

it.each([
  ['mastr', ['master', 'other'], ['master']],
  ['mstaer', ['master'], ['master']],
  ['Master', ['master'], ['master']],
  ['mxxter', ['master'], ['master']],
  ['mxxxer', ['master'], []],
  ['ab', ['cd', 'ac'], ['ac']],
  ['master', [], []],
  ['a'.repeat(300), ['a'.repeat(299)], []],
])('finds within two letters of %j among %j: %j', (name, known, near) => {
  expect(namesWithin(name, known, 2)).toEqual(near)
})
