import { expect, it, vi } from 'vitest'
import { createSingleFlight } from '../../../../src/core/calls/single-flight.ts'

it('shares one call among all who ask while it is pending', async () => {
  const flight = createSingleFlight<number>()
  const call = vi.fn(() => Promise.resolve(7))
  const results = await Promise.all([flight.run('a', call), flight.run('a', call), flight.run('a', call)])
  expect(results).toEqual([7, 7, 7])
  expect(call).toHaveBeenCalledOnce()
})

it('calls again once the call has settled', async () => {
  const flight = createSingleFlight<number>()
  let count = 0
  const call = async () => {
    count += 1
    return count
  }
  expect(await flight.run('a', call)).toBe(1)
  expect(await flight.run('a', call)).toBe(2)
})

it('keeps keys apart', async () => {
  const flight = createSingleFlight<string>()
  const never = flight.run('a', () => new Promise<string>(() => {}))
  expect(await flight.run('b', async () => 'b')).toBe('b')
  void never
})

it('gives a failure to all who wait, and forgets it', async () => {
  const flight = createSingleFlight<string>()
  const fail = () => Promise.reject(new Error('down'))
  const results = await Promise.allSettled([flight.run('a', fail), flight.run('a', fail)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await flight.run('a', async () => 'up')).toBe('up')
})

it('turns a call that throws at once into a rejection', async () => {
  const flight = createSingleFlight<string>()
  const run = flight.run('a', () => {
    throw new Error('at once')
  })
  await expect(run).rejects.toThrow('at once')
  expect(await flight.run('a', async () => 'up')).toBe('up')
})
