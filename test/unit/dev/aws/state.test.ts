import { expect, it } from 'vitest'
import { parseState } from '../../../../src/dev/aws/state.ts'

const empty = { version: 1, tokenKey: 'AAAA', users: [], roles: [] }

it('begins empty, with a key of its own for session tokens', () => {
  const state = parseState(undefined)
  expect(state).toMatchObject({ version: 1, users: [], roles: [] })
  expect(Buffer.from(state.tokenKey, 'base64')).toHaveLength(32)
  expect(parseState(undefined).tokenKey).not.toBe(state.tokenKey)
})

it('reads back what it wrote', () => {
  const state = parseState(undefined)
  expect(parseState(JSON.stringify(state))).toEqual(state)
})

it.each([
  ['it is not JSON', 'secret-in-the-text'],
  ['it is not JSON', ''],
  ['at version', JSON.stringify({ ...empty, version: 2 })],
  ['at users.0.account', JSON.stringify({ ...empty, users: [{ account: 'x' }] })],
  ['at extra', JSON.stringify({ ...empty, extra: 'secret-in-the-text' })],
  ['at the top', '"text"'],
])('refuses what it cannot read, says where, and repeats nothing of it: %s', (place, text) => {
  const message = `the embedded AWS cannot read its state: ${place}`
  expect(() => parseState(text)).toThrow(
    expect.objectContaining({ code: 'DEV_AWS_STATE_INVALID', message, hint: expect.any(String) }),
  )
})
