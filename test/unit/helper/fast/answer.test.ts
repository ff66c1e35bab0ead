import { describe, expect, it } from 'vitest'
import { successBody } from '../../../../src/helper/fast/answer.ts'

const done = { status: 200, body: { done: true } }
const settled = { status: 204, body: undefined }

describe('an answer', () => {
  it('is its body when it succeeded', () => {
    expect(successBody(done)).toEqual({ done: true })
    expect(successBody(settled)).toBeUndefined()
  })

  it.each([
    [401, 'PERSON_NEEDED'],
    [404, 'REFUSED'],
    [500, 'REFUSED'],
  ])('with status %i is an error in the daemon’s words', (status, code) => {
    const body = { error: { code: 'X', message: 'no such profile', hint: 'latchkey status' } }
    expect(() => successBody({ status, body })).toThrow(
      expect.objectContaining({ code, message: 'no such profile', hint: 'latchkey status' }),
    )
  })

  it('without a reason says at least the status', () => {
    expect(() => successBody({ status: 502, body: undefined })).toThrow('the daemon answered HTTP 502 without a reason')
  })
})
