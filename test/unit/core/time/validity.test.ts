import { expect, it } from 'vitest'
import { renewalState } from '../../../../src/core/time/validity.ts'

const validity = { notBeforeMs: 0, notAfterMs: 10_000 }
const windows = { advisoryMs: 3000, mandatoryMs: 1000 }

it.each([
  [0, 'fresh'],
  [6999, 'fresh'],
  [7000, 'advisory'],
  [8999, 'advisory'],
  [9000, 'mandatory'],
  [9999, 'mandatory'],
  [10_000, 'expired'],
  [20_000, 'expired'],
])('at %i of 10000 ms a value is %s', (nowMs, state) => {
  expect(renewalState(validity, windows, nowMs)).toBe(state)
})
