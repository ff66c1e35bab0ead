import { expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { watchKeychain } from '../../../src/daemon/watched-keychain.ts'
import { type Keychain, KeychainError } from '../../../src/keychain/keychain.ts'
import { createMemoryKeychain } from '../../../src/keychain/memory-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'

it('remembers a failure until a call succeeds', async () => {
  const locked = new KeychainError('KEYCHAIN_LOCKED', 'locked')
  let isLocked = true
  const memory = createMemoryKeychain()
  const store: Keychain = { ...memory, list: () => (isLocked ? Promise.reject(locked) : memory.list()) }
  const keychain = watchKeychain(store, fakeClock())
  await keychain.set('item', new Secret('x'))
  expect(keychain.lastError()).toBeUndefined()
  await expect(keychain.list()).rejects.toBe(locked)
  expect(keychain.lastError()).toBe(locked)
  isLocked = false
  expect(await keychain.list()).toEqual(['item'])
  expect(keychain.lastError()).toBeUndefined()
  expect((await keychain.get('item'))?.expose()).toBe('x')
  expect(await keychain.delete('item')).toBe(true)
})

it('describes itself as the keychain that it watches does now', () => {
  let description = 'Secret Service'
  const store: Keychain = {
    ...createMemoryKeychain(),
    get description() {
      return description
    },
  }
  const keychain = watchKeychain(store, fakeClock())
  description = 'file /x'
  expect([keychain.description, keychain.endsWithDaemon]).toEqual(['file /x', true])
})
