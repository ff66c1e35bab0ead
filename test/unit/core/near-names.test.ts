import { expect, it } from 'vitest'
import { nearestNames } from '../../../src/core/near-names.ts'

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

it('does not take one letter for the beginning of a name', () => {
  expect(nearestNames('c', ['chained'])).toEqual([])
})
