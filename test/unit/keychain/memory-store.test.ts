import { expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createMemoryKeychain } from '../../../src/keychain/memory-store.ts'

it('keeps, replaces, lists and removes items', async () => {
  const keychain = createMemoryKeychain()
  expect(keychain.endsWithDaemon).toBe(true)
  expect(await keychain.get('b')).toBeUndefined()
  await keychain.set('b', new Secret('1'))
  await keychain.set('a', new Secret('2'))
  await keychain.set('b', new Secret('3'))
  expect((await keychain.get('b'))?.expose()).toBe('3')
  expect(await keychain.list()).toEqual(['a', 'b'])
  expect(await keychain.delete('b')).toBe(true)
  expect(await keychain.delete('b')).toBe(false)
  expect(await keychain.list()).toEqual(['a'])
})
