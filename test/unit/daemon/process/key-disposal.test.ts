import { expect, it, vi } from 'vitest'
import { garbageCollector } from '../../../../src/daemon/process/garbage.ts'
import { createKeyDisposal } from '../../../../src/daemon/process/key-disposal.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

function setUp() {
  const clock = fakeClock()
  let collections = 0
  const onKeysReleased = createKeyDisposal(clock, () => {
    collections += 1
  })
  return { clock, onKeysReleased, collections: () => collections }
}

it('collects once, a second after the first of many keys was released', () => {
  const { clock, onKeysReleased, collections } = setUp()
  onKeysReleased()
  clock.advance(600)
  onKeysReleased()
  clock.advance(399)
  expect(collections()).toBe(0)
  clock.advance(1)
  expect(collections()).toBe(1)
  clock.advance(60_000)
  expect(collections()).toBe(1)
})

it('leaves it to V8 to free what nobody holds', async () => {
  const clock = fakeClock()
  const freed: string[] = []
  const registry = new FinalizationRegistry<string>((name) => freed.push(name))
  // In a function of its own, for the frame of this one may hold what it once had.
  const letGo = () => registry.register({}, 'key')
  letGo()
  await Promise.resolve()
  createKeyDisposal(clock, garbageCollector())()
  clock.advance(1_000)
  await vi.waitFor(() => expect(freed).toEqual(['key']))
})
