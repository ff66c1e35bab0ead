import { describe, expect, it } from 'vitest'
import { createRetryPause } from '../../../../src/vault/login/retry-pause.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const failure = new Error('refused')

function world(longestMs = 60_000) {
  const clock = fakeClock()
  const pause = createRetryPause(clock, () => 0.5, longestMs)
  /** How long it pauses now, in s; a minute at least of each is looked at. */
  const lengthSeconds = () => {
    let seconds = 0
    for (; seconds < 1000; seconds += 0.25, clock.advance(250)) {
      try {
        pause.check()
        return seconds
      } catch (error) {
        expect(error).toBe(failure)
      }
    }
    return seconds
  }
  return { pause, lengthSeconds }
}

describe('the pause after a failure', () => {
  it('grows with each, up to the longest', () => {
    const { pause, lengthSeconds } = world(10_000)
    const lengths = [1, 2, 3, 4, 5, 6].map(() => {
      pause.failed(failure, false)
      return lengthSeconds()
    })
    expect(lengths).toEqual([1, 1.5, 3, 6, 10, 10])
  })

  it('is five minutes after a lasting failure, whatever the longest', () => {
    const { pause, lengthSeconds } = world(5000)
    pause.failed(failure, true)
    expect(lengthSeconds()).toBe(300)
  })

  it('is over when something has changed, and the next one is short again', () => {
    const { pause, lengthSeconds } = world()
    for (let failures = 0; failures < 5; failures += 1) pause.failed(failure, true)
    pause.clear()
    expect(lengthSeconds()).toBe(0)
    pause.failed(failure, false)
    expect(lengthSeconds()).toBe(1)
  })
})
