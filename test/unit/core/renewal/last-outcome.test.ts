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
  it('knows no failure before one', () => {
    const { outcome } = setUp()
    expect(outcome.failure()).toBeUndefined()
    expect(outcome.error()).toBeUndefined()
    expect(outcome.succeeded()).toBeUndefined()
  })

  it('tells since when it fails, how often it did, and what with', () => {
    const { clock, outcome } = setUp()
    const sinceMs = clock.now()
    outcome.failed(refused)
    clock.advance(3_600_000)
    outcome.failed(silent)
    expect(outcome.failure()).toEqual({ error: silent, sinceMs, lastMs: sinceMs + 3_600_000, count: 2 })
    expect(outcome.error()).toBe(silent)
  })

  it('makes an outage of a night one line, in whatever words the network puts it', () => {
    const { outcome } = setUp()
    const news = Array.from({ length: 500 }, (_, count) => outcome.failed(count % 2 === 0 ? refused : silent))
    expect(news.filter((isNews) => isNews)).toHaveLength(1)
    expect(news[0]).toBe(true)
  })

  it('tells each kind of failure of a row once', () => {
    const { outcome } = setUp()
    expect(
      [refused, denied, silent, denied, new TypeError('a'), new TypeError('b'), 'text', 'text'].map(outcome.failed),
    ).toEqual([true, true, false, false, true, false, true, false])
  })

  it('ends the row with a success, which returns it; the next failure is news again', () => {
    const { outcome } = setUp()
    outcome.failed(refused)
    outcome.failed(refused)
    expect(outcome.succeeded()).toMatchObject({ error: refused, count: 2 })
    expect(outcome.failure()).toBeUndefined()
    expect(outcome.failed(refused)).toBe(true)
    expect(outcome.failure()).toMatchObject({ count: 1 })
  })

  it('notes how a call ends, and ends likewise', async () => {
    const { outcome } = setUp()
    await expect(outcome.note(async () => Promise.reject(denied))).rejects.toBe(denied)
    expect(outcome.error()).toBe(denied)
    expect(await outcome.note(async () => 7)).toBe(7)
    expect(outcome.failure()).toBeUndefined()
  })
})
