import { expect, it } from 'vitest'
import { createSoon } from '../../../../src/core/calls/soon.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

function setUp() {
  const clock = fakeClock()
  let times = 0
  const soon = createSoon(clock, 1_000, () => {
    times += 1
  })
  return { clock, soon, times: () => times }
}

it('what is asked for is done once, counted from the first request', () => {
  const { clock, soon, times } = setUp()
  soon()
  clock.advance(600)
  soon()
  clock.advance(399)
  expect(times()).toBe(0)
  clock.advance(1)
  expect(times()).toBe(1)
  clock.advance(60_000)
  expect(times()).toBe(1)
  expect(clock.pendingTimers()).toBe(0)
})

it('what is asked for afterwards is done again', () => {
  const { clock, soon, times } = setUp()
  soon()
  clock.advance(1_000)
  soon()
  clock.advance(1_000)
  expect(times()).toBe(2)
})
