import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/core/log.ts'
import { Secret } from '../../../src/core/secret.ts'
import { KeychainError } from '../../../src/keychain/keychain.ts'
import { createLastingKeychain } from '../../../src/keychain/lasting-keychain.ts'
import { stubKeychain } from '../../support/aws-stub-keychain.ts'
import { rejection, settled } from '../../support/aws-world.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const minute = 60_000

function setUp() {
  const clock = fakeClock()
  const store = stubKeychain()
  const log: string[] = []
  const tries: string[] = []
  const { set } = store
  store.set = (name, value) => {
    tries.push(name)
    return set(name, value)
  }
  const keychain = createLastingKeychain({
    keychain: store,
    clock,
    random: () => 0,
    log: createLogger({ level: 'debug', write: (line) => log.push(line) }),
  })
  const pass = async (ms: number) => {
    clock.advance(ms)
    await settled()
  }
  const stored = async (name: string) => (await store.get(name))?.expose()
  return { clock, store, log, tries, keychain, pass, stored }
}

const one = new Secret('one')
const two = new Secret('two')

describe('an item that the keychain did not take', () => {
  it('is an error, and is stored after a pause', async () => {
    const { store, keychain, pass, stored, log, clock } = setUp()
    store.lock()
    expect(await rejection(keychain.keep('item', one))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    store.unlock()
    await pass(minute - 1)
    expect(await stored('item')).toBeUndefined()
    await pass(2)
    expect(await stored('item')).toBe('one')
    expect(log.join('')).toContain('has accepted what it did not accept before')
    expect(log.join('')).not.toContain('"one"')
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is tried with pauses that double, up to an hour, because a person may have closed its dialog', async () => {
    const { store, keychain, pass, tries } = setUp()
    store.lock()
    await rejection(keychain.keep('item', one))
    const counts: number[] = []
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      // The loop looks once a minute.
      for (let passed = 0; passed < minutes; passed += 1) await pass(minute)
      counts.push(tries.length)
    }
    expect(counts).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  })

  it.each(['get', 'set', 'delete', 'keep', 'discard'] as const)(
    'is stored at once when a %s is answered',
    async (use) => {
      const { store, keychain, stored } = setUp()
      store.lock()
      await rejection(keychain.keep('item', one))
      store.unlock()
      await (use === 'set' || use === 'keep' ? keychain[use]('other', two) : keychain[use]('other'))
      await settled()
      expect(await stored('item')).toBe('one')
    },
  )

  it('is not stored just because of a list, which a locked keychain answers as well', async () => {
    const { store, keychain, tries } = setUp()
    store.makeReadOnly()
    await rejection(keychain.keep('item', one))
    await keychain.list()
    await settled()
    expect(tries).toHaveLength(1)
  })

  it('is stored when a list works after one that failed', async () => {
    const { store, keychain, stored } = setUp()
    store.lock()
    await rejection(keychain.keep('item', one))
    await rejection(keychain.list())
    store.unlock()
    await keychain.list()
    await settled()
    expect(await stored('item')).toBe('one')
  })

  it('gives way to what was set, kept or deleted after it', async () => {
    const { store, keychain, pass, stored } = setUp()
    store.lock()
    for (const name of ['set', 'keep', 'delete', 'discard']) await rejection(keychain.keep(name, one))
    await rejection(keychain.keep('keep', two))
    await rejection(keychain.discard('discard'))
    store.unlock()
    await Promise.all([keychain.set('set', two), keychain.delete('delete')])
    await pass(2 * minute)
    expect(await store.list()).toEqual(['keep', 'set'])
    expect(await Promise.all(['set', 'keep'].map(stored))).toEqual(['two', 'two'])
  })

  it('is dropped when it has ended', async () => {
    const { clock, store, keychain, pass, tries } = setUp()
    store.lock()
    await rejection(keychain.keep('item', one, clock.now() + minute))
    store.unlock()
    await pass(minute)
    expect(tries).toHaveLength(1)
    expect(await store.list()).toEqual([])
  })

  it('does not overtake a newer value that is on its way', async () => {
    const { store, keychain, stored } = setUp()
    store.lock()
    await rejection(keychain.keep('item', one))
    store.unlock()
    const { set } = store
    let release!: () => void
    const held = new Promise<void>((resolve) => (release = resolve))
    store.set = async (name, value) => {
      await held
      return set(name, value)
    }
    const writing = keychain.set('item', two)
    await keychain.get('other')
    await settled()
    release()
    await writing
    await settled()
    expect(await stored('item')).toBe('two')
  })
})

it('an older value whose failure comes late does not take the place of a newer one', async () => {
  const { store, keychain, pass, stored } = setUp()
  const { set } = store
  let fail!: (error: Error) => void
  store.set = () => new Promise<void>((_, reject) => (fail = reject))
  const older = rejection(keychain.keep('item', one))
  await settled()
  store.set = set
  await keychain.keep('item', two)
  fail(new KeychainError('KEYCHAIN_TIMEOUT', 'too late'))
  await older
  await pass(2 * minute)
  expect(await stored('item')).toBe('two')
})

it('a newer value waits for the repair of an older one', async () => {
  const { store, keychain, clock, stored } = setUp()
  store.lock()
  await rejection(keychain.keep('item', one))
  store.unlock()
  const { set } = store
  let release!: () => void
  const held = new Promise<void>((resolve) => (release = resolve))
  store.set = async (name, value) => {
    if (value === one) await held
    await set(name, value)
  }
  clock.advance(2 * minute)
  await settled()
  const writing = keychain.keep('item', two)
  await settled()
  release()
  await writing
  expect(await stored('item')).toBe('two')
})

it('an item that the keychain did not let go of is removed once it does', async () => {
  const { store, keychain, pass } = setUp()
  await keychain.keep('item', one)
  store.makeReadOnly()
  expect(await rejection(keychain.discard('item'))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  store.unlock()
  await pass(2 * minute)
  expect(await store.list()).toEqual([])
})

it('what is set and fails is an error and no more: the caller knows', async () => {
  const { store, keychain, pass } = setUp()
  store.lock()
  await rejection(keychain.set('item', one))
  await rejection(keychain.delete('item'))
  store.unlock()
  await pass(2 * minute)
  await keychain.get('item')
  await settled()
  expect(await store.list()).toEqual([])
  expect(keychain.description).toBe('stub')
})
