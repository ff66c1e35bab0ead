import { expect, it } from 'vitest'
import { pause } from '../../../../src/core/time/pause.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

it('a pause lasts as long as it is told', async () => {
  const clock = fakeClock()
  let isOver = false
  const paused = pause(clock, 1_000).then(() => {
    isOver = true
  })
  clock.advance(999)
  await Promise.resolve()
  expect(isOver).toBe(false)
  clock.advance(1)
  await paused
})

it('a pause ends with its signal, whose reason it throws, and leaves no timer', async () => {
  const clock = fakeClock()
  const over = new AbortController()
  const paused = pause(clock, 1_000, over.signal)
  over.abort(new Error('enough'))
  await expect(paused).rejects.toThrow('enough')
  await expect(pause(clock, 1_000, over.signal)).rejects.toThrow('enough')
  expect(clock.pendingTimers()).toBe(0)
})
