import { expect, it } from 'vitest'
import { programFailure } from '../../../../src/vault/login/program-failure.ts'

it.each([
  [{ code: 3 }, 'failed: exit status 3'],
  [Object.assign(new Error('secret'), { code: 'ENOENT', killed: false }), 'failed: ENOENT'],
  [Object.assign(new Error('secret'), { code: null, killed: true }), 'took too long'],
  [new Error('secret'), 'failed: no exit status'],
  ['secret', 'failed: no exit status'],
])('a program that rejects with %j %s', (cause, words) => {
  expect(programFailure(cause)).toBe(words)
})
