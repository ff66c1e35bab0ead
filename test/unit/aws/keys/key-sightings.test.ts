import { expect, it } from 'vitest'
import { createKeySightings, type KeySighting } from '../../../../src/aws/keys/key-sightings.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { stubKeychain } from '../../../support/aws-stub-keychain.ts'

const used: KeySighting = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  createdAtMs: 1_000,
  use: { type: 'used', atMs: 2_000 },
  seenAtMs: 3_000,
}
const never: KeySighting = { ...used, use: { type: 'never' } }
const unknown: KeySighting = { ...used, use: { type: 'unknown' } }

it('are there after a restart, each until the key changes, and are never read', async () => {
  const keychain = stubKeychain()
  const first = createKeySightings(keychain, silentLogger)
  await Promise.all([first.note('a', used), first.note('b', never), first.note('c/d é', unknown)])
  await first.forget('b')
  const second = createKeySightings(keychain, silentLogger)
  expect([...(await second.all())]).toEqual([
    ['a', used],
    ['c/d é', unknown],
  ])
  expect(keychain.reads).toEqual([])
})

it('are the latest, of which there is one', async () => {
  const keychain = stubKeychain()
  const sightings = createKeySightings(keychain, silentLogger)
  await sightings.note('a', used)
  await sightings.note('a', { ...never, seenAtMs: 9_000 })
  expect((await sightings.all()).get('a')).toEqual({ ...never, seenAtMs: 9_000 })
  expect(await keychain.list()).toEqual(['aws/seen/a/AKIAIOSFODNN7EXAMPLE/1/never/9'])
})

it('are the latest, though an earlier one could not be removed', async () => {
  const keychain = stubKeychain()
  await keychain.set('aws/seen/a/AKIA2/1/never/10', new Secret('x'))
  await keychain.set('aws/seen/a/AKIA3/1/never/9', new Secret('x'))
  expect((await createKeySightings(keychain, silentLogger).all()).get('a')?.accessKeyId).toBe('AKIA2')
})

it('are none where the keychain is locked, and come back with it', async () => {
  const keychain = stubKeychain()
  const sightings = createKeySightings(keychain, silentLogger)
  await sightings.note('a', used)
  keychain.lock()
  expect([...(await sightings.all())]).toEqual([])
  await sightings.note('b', never)
  await sightings.forget('a')
  keychain.unlock()
  expect([...(await sightings.all())]).toEqual([['a', used]])
})

it.each(['aws/seen/a/AKIA/1/often/2', 'aws/seen/a/AKIA/1/never/1e9', 'aws/seen/a/AKIA/1/never', 'aws/key/seen'])(
  'pass over the item %s',
  async (name) => {
    const keychain = stubKeychain()
    await keychain.set(name, new Secret('x'))
    expect([...(await createKeySightings(keychain, silentLogger).all())]).toEqual([])
  },
)
