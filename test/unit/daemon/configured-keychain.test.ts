import { expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { createConfiguredKeychain } from '../../../src/daemon/configured-keychain.ts'
import { createMemoryKeychain } from '../../../src/keychain/memory-store.ts'

it('is opened once, as soon as its settings are known, and reports when other settings are wanted', async () => {
  const opened: string[] = []
  const keychain = createConfiguredKeychain(async ({ store }) => {
    opened.push(store)
    return createMemoryKeychain()
  })
  await keychain.use(undefined)
  expect([keychain.description, keychain.endsWithDaemon]).toEqual(['switched off', false])
  await expect(keychain.get('x')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE', hint: 'latchkey config check' })
  await keychain.use({ store: 'memory' })
  expect(keychain.endsWithDaemon).toBe(true)
  await keychain.set('x', new Secret('y'))
  await keychain.use({ store: 'file', file: '/k' })
  expect([opened, keychain.isOutdated(), (await keychain.get('x'))?.expose()]).toEqual([['memory'], true, 'y'])
  await keychain.use(undefined)
  expect(keychain.isOutdated()).toBe(false)
  await keychain.use({ store: 'memory' })
  expect([keychain.isOutdated(), await keychain.list()]).toEqual([false, ['x']])
})
