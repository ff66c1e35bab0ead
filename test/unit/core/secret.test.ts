import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'

const secret = new Secret('hunter2')

it('gives its value only to an explicit call', () => {
  expect(secret.expose()).toBe('hunter2')
})

it.each([
  ['a joined text', () => [secret].join(' ')],
  ['String', () => String(secret)],
  ['JSON', () => JSON.stringify({ secret })],
  ['inspect', () => inspect(secret)],
  ['inspect of what holds it', () => inspect({ deep: [{ secret }] }, { depth: null, showHidden: true })],
  ['inspect of an error that holds it', () => inspect(Object.assign(new Error('failed'), { secret }))],
])('prints as [redacted] in %s', (_, print) => {
  expect(print()).toContain('[redacted]')
  expect(print()).not.toContain('hunter2')
})

it('has no property that holds the value', () => {
  expect(Object.getOwnPropertyNames(secret)).toEqual([])
  expect(JSON.stringify(Object.assign({}, secret))).toBe('{}')
})
