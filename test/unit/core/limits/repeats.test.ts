import { describe, expect, it } from 'vitest'
import { createRepeatLimit } from '../../../../src/core/limits/repeats.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

function setUp() {
  const clock = fakeClock()
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const log = createLogger({ write, level: 'info', repeats: createRepeatLimit({ clock }) })
  const refuse = (times: number, code = 'FRAME_EMPTY') => {
    for (let time = 0; time < times; time += 1) log.info('refused', { code, reason: `number ${time}` })
  }
  return { clock, lines, log, refuse, taken: () => lines.splice(0) }
}

describe('lines that repeat', () => {
  it('are all written while they are few', () => {
    const { clock, refuse, lines } = setUp()
    refuse(30)
    clock.advance(60_000)
    expect(lines).toHaveLength(30)
  })

  it('are counted after the thirtieth in a minute, whatever else is in them', () => {
    const { clock, refuse, taken } = setUp()
    refuse(1_000_000)
    expect(taken()).toHaveLength(30)
    clock.advance(60_000)
    expect(taken()).toEqual(['info: refused code=FRAME_EMPTY repeated=999970\n'])
  })

  it('hide no line with another code, message or level', () => {
    const { log, refuse, taken } = setUp()
    refuse(100)
    taken()
    refuse(1, 'KEYRING_FULL')
    log.warn('refused', { code: 'FRAME_EMPTY' })
    log.info('listening')
    expect(taken()).toEqual([
      'info: refused code=KEYRING_FULL reason="number 0"\n',
      'warn: refused code=FRAME_EMPTY\n',
      'info: listening\n',
    ])
  })

  it('are one line and one count a minute while they go on, and are written in full again after a quiet minute', () => {
    const { clock, refuse, taken } = setUp()
    refuse(31)
    clock.advance(60_000)
    taken()
    for (let minute = 0; minute < 3; minute += 1) {
      refuse(50)
      clock.advance(60_000)
      expect(taken()).toEqual([
        'info: refused code=FRAME_EMPTY reason="number 0"\n',
        'info: refused code=FRAME_EMPTY repeated=49\n',
      ])
    }
    clock.advance(60_000)
    refuse(2)
    expect(taken()).toHaveLength(2)
  })

  it('leave nothing behind once they have ended', () => {
    const { clock, refuse } = setUp()
    refuse(100)
    expect(clock.pendingTimers()).toBe(1)
    clock.advance(120_000)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('below the level of the log are not counted', () => {
    const { clock, log } = setUp()
    log.debug('nothing')
    expect(clock.pendingTimers()).toBe(0)
  })
})
