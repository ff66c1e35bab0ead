import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../../src/core/errors.ts'
import { createLastOutcome } from '../../../../src/core/renewal/last-outcome.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const refused = new CodedError('UNREACHABLE', 'connection refused')
const silent = new CodedError('UNREACHABLE', 'no answer within 10 s')
const denied = new CodedError('DENIED', 'denied')

function setUp() {
  const clock = fakeClock()
  return { clock, outcome: createLastOutcome(clock) }
}

describe('the last outcome', () => {
  it('has no failure at first', () => {
    const { outcome } = setUp()
    expect(outcome.failure()).toBeUndefined()
    expect(outcome.error()).toBeUndefined()
    expect(outcome.succeeded()).toBeUndefined()
  })

  it('reports since when it fails, how often it has failed, and with what', () => {
    const { clock, outcome } = setUp()
    const sinceMs = clock.now()
    outcome.failed(refused)
    clock.advance(3_600_000)
    outcome.failed(silent)
    expect(outcome.failure()).toEqual({ error: silent, sinceMs, lastMs: sinceMs + 3_600_000, count: 2 })
    expect(outcome.error()).toBe(silent)
  })

  it('makes an outage that lasts all night one line, however the network words it', () => {
    const { outcome } = setUp()
    const news = Array.from({ length: 500 }, (_, count) => outcome.failed(count % 2 === 0 ? refused : silent))
    expect(news.filter((isNews) => isNews)).toHaveLength(1)
    expect(news[0]).toBe(true)
  })

  it('reports each kind of failure once in a run', () => {
    const { outcome } = setUp()
    expect(
      [refused, denied, silent, denied, new TypeError('a'), new TypeError('b'), 'text', 'text'].map(outcome.failed),
    ).toEqual([true, true, false, false, true, false, true, false])
  })

  it('ends the run with a success, which returns it; the next failure is news again', () => {
    const { outcome } = setUp()
    outcome.failed(refused)
    outcome.failed(refused)
    expect(outcome.succeeded()).toMatchObject({ error: refused, count: 2 })
    expect(outcome.failure()).toBeUndefined()
    expect(outcome.failed(refused)).toBe(true)
    expect(outcome.failure()).toMatchObject({ count: 1 })
  })

  it('records how a call ends, and ends the same way', async () => {
    const { outcome } = setUp()
    await expect(outcome.note(async () => Promise.reject(denied))).rejects.toBe(denied)
    expect(outcome.error()).toBe(denied)
    expect(await outcome.note(async () => 7)).toBe(7)
    expect(outcome.failure()).toBeUndefined()
  })
})
