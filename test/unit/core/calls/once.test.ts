import { expect, it } from 'vitest'
import { once } from '../../../../src/core/calls/once.ts'

it('runs when it is first wanted, once for all who want it', async () => {
  let runs = 0
  const load = once(async () => {
    runs += 1
    return { runs }
  })
  expect(runs).toBe(0)
  const [first, second] = await Promise.all([load(), load()])
  expect(first).toBe(second)
  expect(await load()).toBe(first)
  expect(runs).toBe(1)
})

it('tries again after a failure', async () => {
  const results = [Promise.reject(new Error('not there yet')), Promise.resolve('there')]
  const load = once(() => results.shift()!)
  await expect(load()).rejects.toThrow('not there yet')
  expect(await load()).toBe('there')
})
