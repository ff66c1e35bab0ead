import { expect, it } from 'vitest'
import { runFleet } from '../../../support/fleet.ts'

const minuteMs = 60_000

/** How many times the mean of its hour came in the worst of these minutes. */
function worstRatio(requests: readonly number[], fromMinute: number, toMinute: number): number {
  const meanOf = (hour: number) => requests.slice(hour * 60, hour * 60 + 60).reduce((sum, count) => sum + count) / 60
  const ratio = (minute: number) => requests[minute]! / meanOf(Math.floor(minute / 60))
  return Math.max(...Array.from({ length: toMinute - fromMinute }, (_, index) => ratio(fromMinute + index)))
}

// About 15 s of one core. The real identities, tries, loops and circuits of 10,000 daemons; only the CA is not (fleet.ts).
it('ten thousand daemons do not gang up, nor after an outage, and no certificate is late', {
  timeout: 300_000,
}, async () => {
  const [fromMinute, toMinute] = [245, 255]
  const outage = { fromMs: fromMinute * minuteMs, toMs: toMinute * minuteMs }
  const { requests, late } = await runFleet({ daemons: 10_000, hours: 5, seed: 1, outage })
  expect(worstRatio(requests, 180, fromMinute)).toBeLessThan(1.5)
  expect(worstRatio(requests, fromMinute, 300)).toBeLessThan(2.2)
  expect(late).toBe(0)
})
