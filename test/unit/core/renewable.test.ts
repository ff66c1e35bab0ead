import { describe, expect, it } from 'vitest'
import { createRenewable, type RenewableOptions } from '../../../src/core/renewable.ts'
import { fakeClock } from '../../support/fake-clock.ts'

interface Ticket {
  name: string
  untilMs: number
}

/** A renewable ticket of 1000 s, advisory 300 s and mandatory 100 s before its end; its fetches are settled by hand. */
function setUp(options: Partial<RenewableOptions<Ticket>> = {}) {
  const clock = fakeClock()
  const fetches: { resolve: (name: string) => void; reject: (error: Error) => void }[] = []
  const background: unknown[] = []
  const renewable = createRenewable<Ticket>({
    clock,
    fetch: () =>
      new Promise((resolve, reject) => {
        fetches.push({ resolve: (name) => resolve({ name, untilMs: clock.now() + 1_000_000 }), reject })
      }),
    validity: (ticket) => ({ notBeforeMs: 0, notAfterMs: ticket.untilMs }),
    windows: () => ({ advisoryMs: 300_000, mandatoryMs: 100_000 }),
    onBackgroundError: (error) => background.push(error),
    ...options,
  })
  /** Lets the promises that are ready run. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const hold = async (name: string) => {
    const held = renewable.renew()
    await settle()
    fetches.at(-1)!.resolve(name)
    await held
  }
  const nameOf = async (ticket: Promise<Ticket>) => (await ticket).name
  return { clock, fetches, background, renewable, settle, hold, nameOf }
}

describe('a renewable value', () => {
  it('is fetched when it is first needed, once for all who wait', async () => {
    const { renewable, fetches, settle } = setUp()
    expect(renewable.peek()).toBeUndefined()
    const waiting = [renewable.current(), renewable.current(), renewable.renew()]
    await settle()
    expect(fetches).toHaveLength(1)
    fetches[0]!.resolve('one')
    expect((await Promise.all(waiting)).map(({ name }) => name)).toEqual(['one', 'one', 'one'])
    expect(renewable.peek()?.name).toBe('one')
  })

  it('is served without a fetch while it is fresh', async () => {
    const { clock, renewable, fetches, hold, nameOf } = setUp()
    await hold('one')
    clock.advance(699_999)
    expect(await nameOf(renewable.current())).toBe('one')
    expect(fetches).toHaveLength(1)
  })

  it('is served at once in the advisory window, and renewed behind', async () => {
    const { clock, renewable, fetches, settle, hold, nameOf } = setUp()
    await hold('one')
    clock.advance(700_000)
    expect(await nameOf(renewable.current())).toBe('one')
    expect(await nameOf(renewable.current())).toBe('one')
    await settle()
    expect(fetches).toHaveLength(2)
    fetches[1]!.resolve('two')
    await settle()
    expect(await nameOf(renewable.current())).toBe('two')
    expect(fetches).toHaveLength(2)
  })

  it('is awaited in the mandatory window, with one renewal for all', async () => {
    const { clock, renewable, fetches, settle, hold } = setUp()
    await hold('one')
    clock.advance(900_000)
    const waiting = [renewable.current(), renewable.current()]
    await settle()
    expect(fetches).toHaveLength(2)
    fetches[1]!.resolve('two')
    expect((await Promise.all(waiting)).map(({ name }) => name)).toEqual(['two', 'two'])
  })

  it('is never served past its end', async () => {
    const { clock, renewable, fetches, settle, hold, nameOf } = setUp()
    await hold('one')
    clock.advance(1_000_000)
    expect(renewable.peek()).toBeUndefined()
    const waiting = renewable.current()
    await settle()
    fetches[1]!.resolve('two')
    expect(await nameOf(waiting)).toBe('two')
  })

  it('asks for the windows of a value once', async () => {
    let asked = 0
    const { clock, renewable, hold } = setUp({
      windows: () => {
        asked += 1
        return { advisoryMs: 300_000, mandatoryMs: 100_000 }
      },
    })
    await hold('one')
    for (let i = 0; i < 5; i += 1) {
      clock.advance(1000)
      await renewable.current()
    }
    expect(asked).toBe(1)
  })
})

describe('a renewal that fails', () => {
  it('rejects where there is no valid value', async () => {
    const { renewable, fetches, settle } = setUp()
    const waiting = renewable.current()
    await settle()
    fetches[0]!.reject(new Error('down'))
    await expect(waiting).rejects.toThrow('down')
    expect(renewable.lastError()).toEqual(new Error('down'))
  })

  it('serves the present value while that is valid', async () => {
    const { clock, renewable, fetches, settle, hold, nameOf } = setUp()
    await hold('one')
    clock.advance(950_000)
    const waiting = renewable.current()
    await settle()
    fetches[1]!.reject(new Error('down'))
    expect(await nameOf(waiting)).toBe('one')
    expect(renewable.lastError()).toEqual(new Error('down'))
  })

  it('rejects when the value ends while it is under way', async () => {
    const { clock, renewable, fetches, settle, hold } = setUp()
    await hold('one')
    clock.advance(950_000)
    const waiting = renewable.current()
    await settle()
    clock.advance(50_000)
    fetches[1]!.reject(new Error('down'))
    await expect(waiting).rejects.toThrow('down')
  })

  it('is told to the listener where nobody waits for it', async () => {
    const { clock, renewable, fetches, background, settle, hold } = setUp()
    await hold('one')
    clock.advance(700_000)
    await renewable.current()
    await settle()
    fetches[1]!.reject(new Error('down'))
    await settle()
    expect(background).toEqual([new Error('down')])
  })

  it.each([
    ['advisory', 700_000],
    ['mandatory', 900_000],
  ])('is not repeated in the %s window before its rest is over', async (_, ageMs) => {
    const { clock, renewable, fetches, settle, hold, nameOf } = setUp({ retryAfterMs: 5000 })
    await hold('one')
    clock.advance(ageMs)
    const first = renewable.current()
    await settle()
    fetches[1]!.reject(new Error('down'))
    await first
    await settle()
    clock.advance(4999)
    expect(await nameOf(renewable.current())).toBe('one')
    await settle()
    expect(fetches).toHaveLength(2)
    clock.advance(1)
    const next = renewable.current()
    await settle()
    expect(fetches).toHaveLength(3)
    fetches[2]!.resolve('two')
    await next
    await settle()
    expect(renewable.peek()?.name).toBe('two')
    expect(renewable.lastError()).toBeUndefined()
  })

  it('is repeated at once where there is nothing to serve meanwhile', async () => {
    const { renewable, fetches, settle } = setUp()
    const first = renewable.current()
    await settle()
    fetches[0]!.reject(new Error('down'))
    await expect(first).rejects.toThrow('down')
    const second = renewable.current()
    await settle()
    expect(fetches).toHaveLength(2)
    fetches[1]!.resolve('one')
    await second
  })
})

describe('clearing', () => {
  it('drops the value and the last error', async () => {
    const { renewable, fetches, settle, hold } = setUp()
    await hold('one')
    renewable.clear()
    expect(renewable.peek()).toBeUndefined()
    const waiting = renewable.current()
    await settle()
    fetches[1]!.reject(new Error('down'))
    await expect(waiting).rejects.toThrow('down')
    renewable.clear()
    expect(renewable.lastError()).toBeUndefined()
  })

  it('keeps a renewal that is under way from being stored', async () => {
    const { renewable, fetches, settle, nameOf } = setUp()
    const before = renewable.renew()
    await settle()
    renewable.clear()
    const after = renewable.current()
    await settle()
    expect(fetches).toHaveLength(2)
    fetches[0]!.resolve('of the old login')
    expect(await nameOf(before)).toBe('of the old login')
    expect(renewable.peek()).toBeUndefined()
    fetches[1]!.resolve('new')
    expect(await nameOf(after)).toBe('new')
    expect(renewable.peek()?.name).toBe('new')
  })

  it('keeps the failure of a renewal that was under way from being remembered', async () => {
    const { renewable, fetches, settle } = setUp()
    const before = renewable.renew()
    await settle()
    renewable.clear()
    fetches[0]!.reject(new Error('of the old login'))
    await expect(before).rejects.toThrow('of the old login')
    expect(renewable.lastError()).toBeUndefined()
  })
})
