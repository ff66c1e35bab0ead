import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CodedError, describeError, errorCode } from '../../../src/core/errors.ts'

class DoorError extends CodedError<'DOOR_LOCKED'> {}

it('carries its code, its hint and its cause, and is named after its room', () => {
  const cause = new Error('no key')
  const error = new DoorError('DOOR_LOCKED', 'the door is locked', { cause, hint: 'find the key' })
  expect(error).toMatchObject({ code: 'DOOR_LOCKED', hint: 'find the key', cause, name: 'DoorError' })
  expect(String(error)).toBe('DoorError: the door is locked')
})

it('has no cause and no hint if none was given', () => {
  const error = new DoorError('DOOR_LOCKED', 'the door is locked')
  expect('cause' in error).toBe(false)
  expect(error.hint).toBeUndefined()
})

it('holds no more of a list than anybody reads', () => {
  const list = Array.from({ length: 50_000 }, (_, index) => `policy-${index}`).join(', ')
  const error = new DoorError('DOOR_LOCKED', `in ${list}`, { hint: list })
  expect(error.message).toMatch(/^in policy-0, .{4080,}…$/)
  expect([error.message.length, error.hint!.length]).toEqual([4097, 4097])
})

it('describes whatever was thrown', () => {
  expect(describeError(new DoorError('DOOR_LOCKED', 'the door is locked'))).toBe('the door is locked')
  expect(describeError('just text')).toBe('just text')
  expect(describeError(undefined)).toBe('undefined')
})

it('finds the code of our errors and of system errors, and of no others', () => {
  const systemError = () => {
    try {
      readFileSync('/nowhere/at/all')
      return undefined
    } catch (error) {
      return error
    }
  }
  expect(errorCode(new DoorError('DOOR_LOCKED', 'x'))).toBe('DOOR_LOCKED')
  expect(errorCode(systemError())).toBe('ENOENT')
  expect(errorCode(Object.assign(new Error('x'), { code: 5 }))).toBeUndefined()
  expect(errorCode(new Error('x'))).toBeUndefined()
  expect(errorCode({ code: 'ENOENT' })).toBeUndefined()
})
