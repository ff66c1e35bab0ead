import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { rotate, rotationWorld } from '../../../support/aws-rotation-world.ts'
import { person, rejection } from '../../../support/aws-world.ts'

const day = 86_400_000

it('say nothing of a key before AWS was asked', async () => {
  const { start, key } = await rotationWorld()
  const { keyReports } = start()
  expect(await keyReports.list()).toEqual({
    keys: [{ source: 'master', accessKeyId: key.accessKeyId }],
    unreadable: [],
  })
  expect(await keyReports.seen()).toEqual([])
})

it('need an MFA session to ask, and then say when a key was made and used, as seen', async () => {
  const world = await rotationWorld()
  world.iam.keys[0]!.use = { atMs: world.clock.now() - day, service: 's3' }
  const aws = world.start()
  expect(await aws.keyReports.refresh('master')).toEqual({ type: 'session-needed' })
  await aws.login('master', person)
  const seenAt = '2026-01-02T03:04:35Z'
  const key = {
    source: 'master',
    accessKeyId: world.key.accessKeyId,
    seen: {
      createdAt: '2025-09-24T03:04:05Z',
      lastUsedAt: '2026-01-01T03:04:05Z',
      use: 'used',
      seenAt,
      warning: 'the access key is 100 days old, and max_key_age is 90 days: latchkey aws keys rotate master',
    },
  }
  expect(await aws.keyReports.refresh('master')).toEqual({ type: 'seen', key })
  const calls = world.sts.calls.length
  world.clock.advance(3 * day)
  const later = { ...key, seen: { ...key.seen, warning: key.seen.warning.replace('100', '103') } }
  const next = world.start()
  expect((await next.keyReports.list()).keys).toEqual([later])
  expect((await next.status()).keys).toEqual([later])
  expect(world.sts.calls).toHaveLength(calls)
})

it.each([
  [{ hidesUse: false }, 'never'],
  [{ hidesUse: true }, 'unknown'],
] as const)('tell a key that was never used from one that nobody may ask about: %j', async (change, use) => {
  const world = await rotationWorld({ hasDevice: false })
  Object.assign(world.iam, change)
  const answer = await world.start().keyReports.refresh('master')
  expect(answer).toMatchObject({ type: 'seen', key: { seen: { use } } })
  expect(answer).not.toHaveProperty('key.seen.lastUsedAt')
})

it.each([
  [100 * 86_400, undefined],
  [99 * 86_400, 'the access key is 100 days old, and max_key_age is 99 days: latchkey aws keys rotate master'],
])('warn of a key that is older than max_key_age (%i s)', async (maxAgeSeconds, warning) => {
  const world = await rotationWorld({ hasDevice: false })
  world.settings.sources.master!.max_key_age = maxAgeSeconds
  const answer = await world.start().keyReports.refresh('master')
  expect(answer).toMatchObject({ key: { seen: warning === undefined ? {} : { warning } } })
  if (warning === undefined) expect(answer).not.toHaveProperty('key.seen.warning')
})

it('forget what they know of a key that is replaced or removed', async () => {
  const world = await rotationWorld({ hasDevice: false })
  const aws = world.start()
  await aws.keyReports.refresh('master')
  await aws.keys.put('master', world.sts.addUser('arn:aws:iam::111122223333:user/kim'), true)
  expect(await aws.keyReports.seen()).toEqual([])
})

it('say how a rotation stands, until it is finished', async () => {
  const world = await rotationWorld({ hasDevice: false })
  const { rotation, keyReports, status } = world.start()
  const reported = async () => (await keyReports.list()).keys[0]?.rotation
  expect(await reported()).toBeUndefined()
  expect(await status()).not.toHaveProperty('rotations')
  const formerKeyId = world.key.accessKeyId
  await rotation.advance('master')
  expect(await reported()).toEqual({ state: 'under-way', formerKeyId })
  await rotate(world, world.start())
  expect(await reported()).toEqual({ state: 'retired', formerKeyId, retiredAt: '2026-01-02T03:04:05Z' })
  const reads = world.keychain.reads.length
  expect(await status()).toMatchObject({ rotations: ['master'] })
  // The status opens no item: that might ask the person to unlock the keychain.
  expect(world.keychain.reads).toHaveLength(reads)
  await rotate(world, world.start(), true)
  expect(await reported()).toBeUndefined()
  expect(await status()).not.toHaveProperty('rotations')
})

it('name an item that is no key beside the others', async () => {
  const world = await rotationWorld({ hasDevice: false })
  await world.keychain.set('aws/key/broken', new Secret('{'))
  expect(await world.start().keyReports.list()).toMatchObject({
    keys: [{ source: 'master' }],
    unreadable: [{ source: 'broken', error: { code: 'AWS_KEY_CORRUPT', hint: 'latchkey aws keys add broken' } }],
  })
  world.keychain.lock()
  expect(await rejection(world.start().keyReports.list())).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
})

it('do not take an answer that leaves the key out', async () => {
  const world = await rotationWorld({ hasDevice: false })
  world.iam.keys.length = 0
  expect(await rejection(world.start().keyReports.refresh('master'))).toMatchObject({ code: 'AWS_BAD_RESPONSE' })
})
