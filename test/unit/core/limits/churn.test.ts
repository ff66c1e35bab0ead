import { describe, expect, it } from 'vitest'
import { createChurn } from '../../../../src/core/limits/churn.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const mebibyte = 1024 * 1024

function setUp() {
  const clock = fakeClock()
  let collections = 0
  const churn = createChurn({ clock, collect: () => (collections += 1) })
  return { clock, churn, collections: () => collections }
}

describe('the garbage that clients cause', () => {
  it('is collected once, some time after a lot has arrived', () => {
    const { clock, churn, collections } = setUp()
    for (let times = 0; times < 100; times += 1) churn.used(mebibyte)
    expect(collections()).toBe(0)
    clock.advance(20_000)
    expect(collections()).toBe(1)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is collected again when more arrives', () => {
    const { clock, churn, collections } = setUp()
    churn.used(8 * mebibyte)
    clock.advance(20_000)
    churn.used(8 * mebibyte)
    clock.advance(20_000)
    expect(collections()).toBe(2)
  })

  it('is left to V8 while there is little', () => {
    const { clock, churn, collections } = setUp()
    churn.used(7 * mebibyte)
    clock.advance(60_000)
    expect(collections()).toBe(0)
  })

  it('is collected at once when a lot was held', () => {
    const { churn, collections } = setUp()
    for (let times = 0; times < 31; times += 1) churn.held(mebibyte)
    expect(collections()).toBe(1)
    churn.held(mebibyte)
    expect(collections()).toBe(2)
  })
})
