import { describe, expect, it } from 'vitest'
import { createAdmission, type Standing } from '../../../../src/core/limits/admission.ts'

/** Admits connections by name, and tells which of them had to go. */
function setUp(maxSeats: number, seatsNow = () => maxSeats) {
  const gone: string[] = []
  let evicted = 0
  const admission = createAdmission({ maxSeats: seatsNow, onEvict: () => (evicted += 1) })
  const admit = (name: string, standing?: Standing, holder: number | undefined = 1) => {
    const seat = admission.admit({ holder, close: () => gone.push(name) })
    if (standing !== undefined) seat.mark(standing)
    return seat
  }
  return { admit, gone, evictions: () => evicted }
}

describe('the seats of a socket', () => {
  it('are for everybody while some are free', () => {
    const { admit, gone, evictions } = setUp(2)
    admit('a')
    admit('b').leave()
    admit('c')
    expect(gone).toEqual([])
    expect(evictions()).toBe(0)
  })

  it('that become fewer are given up when the next newcomer comes', () => {
    let seats = 4
    const { admit, gone } = setUp(seats, () => seats)
    for (const name of ['a', 'b', 'c', 'd']) admit(name)
    seats = 2
    admit('e')
    expect(gone).toEqual(['a', 'b', 'c'])
    seats = 0
    admit('f')
    expect(gone).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('are given up in an order that depends on what connections are doing', () => {
    const { admit, gone, evictions } = setUp(5)
    for (const standing of ['asked', 'busy', 'idle', 'new', 'unfinished'] as const) admit(standing, standing)
    for (let newcomer = 0; newcomer < 5; newcomer += 1) admit('newcomer', 'asked')
    expect(gone).toEqual(['unfinished', 'new', 'idle', 'busy', 'asked'])
    expect(evictions()).toBe(5)
  })

  it('are given up by the connection that has been in its state for longest', () => {
    const { admit, gone } = setUp(3)
    const first = admit('first', 'idle')
    admit('second', 'idle')
    admit('third', 'idle')
    first.mark('idle')
    admit('fourth', 'idle')
    admit('fifth', 'idle')
    expect(gone).toEqual(['second', 'third'])
  })

  it('are given up by the process with the most connections, before one that has waited longer', () => {
    const { admit, gone } = setUp(4)
    admit('old and alone', 'idle', 7)
    for (const name of ['one', 'two', 'three']) admit(name, 'idle', 8)
    admit('newcomer', undefined, 9)
    admit('another', undefined, 10)
    expect(gone).toEqual(['one', 'two'])
  })

  it('are given up by half-sent requests first, even if another process has more connections', () => {
    const { admit, gone } = setUp(3)
    admit('one', 'idle', 7)
    admit('two', 'idle', 7)
    admit('half', 'unfinished', 8)
    admit('newcomer', undefined, 9)
    expect(gone).toEqual(['half'])
  })

  it('are free again for a process whose connections have gone', () => {
    const { admit, gone } = setUp(3)
    const seats = [admit('a', 'idle', 7), admit('b', 'idle', 7)]
    for (const seat of seats) {
      seat.leave()
      seat.leave()
    }
    admit('c', 'idle', 8)
    admit('d', 'idle', 8)
    admit('e', 'idle', 7)
    admit('f', 'idle', 9)
    expect(gone).toEqual(['c'])
  })

  it('count all unknown processes as one', () => {
    const { admit, gone } = setUp(3)
    admit('known', 'idle', 7)
    admit('a', 'idle', undefined)
    admit('b', 'idle', undefined)
    admit('newcomer', undefined, 8)
    expect(gone).toEqual(['a'])
  })
})
