import { expect, it } from 'vitest'
import { lazily } from '../../../../src/core/calls/lazily.ts'

it('makes something once, when it is first asked for, whatever it is', () => {
  let made = 0
  const give = lazily(() => {
    made += 1
    return undefined
  })
  expect(made).toBe(0)
  expect([give(), give(), made]).toEqual([undefined, undefined, 1])
})
